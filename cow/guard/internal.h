/* SPDX-License-Identifier: MIT */
/*
 * internal.h - what the files of the guard share: the guard itself, and the
 * few words that keeper and supervisor say to each other.
 */
#ifndef GUARD_INTERNAL_H
#define GUARD_INTERNAL_H

#include <linux/filter.h>
#include <signal.h>
#include "guard.h"

#define ASKED_BITS	2048
#define TASK_BUCKETS	256
#define BREAKS_PER_PROC 64

/* What the keeper tells the supervisor, one message a datagram. */
enum note_what {
	NOTE_KEEPER, /* value: its pid */
	/* value: pid of the command, below 0 before Linux 5.19; and a fd */
	NOTE_LISTENER,
	NOTE_FAILED, /* value: -errno, before the filter was in force */
	NOTE_NO_EXEC, /* value: -errno of execve */
	NOTE_EXIT, /* value: wait status of the command */
	NOTE_FILES, /* value: entries left in the tmpdir */
	NOTE_DONE, /* value: processes that had to be killed */
};

struct note {
	enum note_what what;
	int value;
};

struct task {
	struct task *next;
	struct proc *proc;
	pid_t tid;
	unsigned int clones; /* fork and clone calls made so far */
	unsigned int pending; /* the one whose child is not seen yet, or 0 */
	char name[GUARD_TASK_LEN];
	bool leaving; /* it has called exit: gone at its next call */
};

/* What is known of an address space. */
struct proc {
	struct proc *next;
	pid_t pid;
	char name[GUARD_TASK_LEN];
	bool stale; /* an execve may have replaced the program */
	char comm[GUARD_COMM_LEN];
	uint64_t loader_lo;
	uint64_t loader_hi;
	unsigned int nbreaks;
	uint64_t breaks[BREAKS_PER_PROC]; /* latest last */
};

struct guard {
	unsigned int flags;
	int sock; /* to the keeper; -1 when it is gone */
	int listener; /* of the filter; -1 when no task is left */
	pid_t watch; /* our child, the keeper's parent; -1 when it is reaped */
	pid_t keeper; /* parent of the command, or -1 */
	pid_t target;
	bool exited;
	bool gone; /* no task is left under the filter */
	bool killable; /* only a fatal signal ends a wait for us */
	int exec_error;
	unsigned int files; /* left in the tmpdir */
	char *tmpdir; /* for us to remove should both be killed */
	const struct child_word *word;
	uint64_t asked[ASKED_BITS / 64]; /* calls the user's rules notify */
	bool ask_other;
	struct seccomp_notif *req;
	struct seccomp_notif_resp *resp;
	size_t req_size;
	struct task *tasks[TASK_BUCKETS];
	struct proc *procs;
};

/* filter.c */
int guard_filter(const struct guard_spec *spec, struct sock_fprog *prog);

/* keeper.c */
int guard_start_keeper(struct guard *g, const struct guard_spec *spec,
		       const char *path, const struct sock_fprog *prog);

/* watch.c */
int guard_step_aside(const char *name);
void guard_watch(pid_t keeper, const char *tmpdir);
void guard_end_keepers(struct guard *g);

/* child.c */
struct child_word {
	_Atomic int listener; /* 0 not yet, -errno failed, else descriptor + 1 */
	_Atomic int exec_error;
	_Atomic int killable;
	_Atomic int aside; /* the keeper answers to another name and group */
	_Atomic int held; /* the keeper traces the command, as GUARD_HOLD asks */
	_Atomic uint64_t used_ns; /* then: by all threads so far */
	_Atomic uint64_t written;
};

struct child {
	const struct guard_spec *spec;
	const char *path;
	const struct sock_fprog *prog;
	int landlock_fd;
	sigset_t mask;
	pid_t keeper;
	struct child_word *word; /* shared with the keeper */
};

_Noreturn void guard_run_child(const struct child *c);

/* hold.c */
int guard_hold(pid_t pid);
void guard_go_on(pid_t tid);
void guard_held_ended(pid_t tid);
void guard_held_use(struct child_word *word);

/* landlock.c */
int guard_files(const struct guard_spec *spec, int *fd);
int guard_files_enforce(int fd);

/* search.c */
int guard_search(const char *name, char *path, size_t size);

/* folder.c */
int guard_make_folder(const char *path);
unsigned int guard_remove_folder(const char *path);

/* tree.c */
typedef void guard_visit(pid_t pid, void *arg);
int guard_children(pid_t pid, pid_t tid, pid_t *list, int max);
void guard_walk(pid_t root, guard_visit *visit, void *arg);
int guard_threads(pid_t pid, pid_t *list, int max);

/* task.c */
struct task *guard_find_task(struct guard *g, pid_t tid);
struct proc *guard_find_proc(struct guard *g, pid_t tid);
void guard_saw_call(struct guard *g, const struct guard_event *ev);
void guard_forget(struct guard *g);

/* outcome.c */
long guard_now_ms(void);

/* loader.c */
void guard_find_loader(struct proc *p);

/* procfs.c */
int guard_read_proc(pid_t pid, const char *what, char *buf, size_t size);
int guard_status_value(pid_t pid, const char *key, long *value);
int guard_stat_field(pid_t pid, int field, uint64_t *value);
bool guard_valid(struct guard *g, uint64_t id);

/* brk.c */
void guard_brk_allowed(struct guard *g, const struct guard_event *ev);

#endif
