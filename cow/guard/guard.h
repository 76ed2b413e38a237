/* SPDX-License-Identifier: MIT */
/*
 * guard.h - what may a program ask of the kernel, what did it ask, and what
 * if the kernel says no?
 *
 * A command runs under a seccomp filter with a listener (seccomp_unotify(2)).
 * Calls that the filter marks wait in the kernel until the supervisor, which
 * is the caller of this library, lets them run or answers in their place.
 *
 *	supervisor --- watch --- keeper --- command --- its children
 *
 * The keeper is a small process between the two. It is the subreaper of all
 * that the command starts, reaps them, and kills them the moment the
 * supervisor is gone, however it went. The watch does so when the keeper is
 * gone. One guard at a time in a process.
 *
 * The rule of seccomp_unotify(2) that every user of this library keeps: a
 * decision may rest on registers (numbers, flags, lengths), never on memory
 * of the target, which another thread can rewrite after we have read it.
 * What is read from memory serves for messages only.
 *
 * All functions return 0 or -errno, and never print or exit.
 */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include <linux/types.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Longest name of a task, of a call with its arguments, and of a command. */
#define GUARD_TASK_LEN 96
#define GUARD_TEXT_LEN 512
#define GUARD_COMM_LEN 16

/**
 * struct guard_rule - one row of the filter
 * @action: SCMP_ACT_NOTIFY asks the supervisor; SCMP_ACT_ALLOW and
 *          SCMP_ACT_ERRNO() decide in the kernel, at no cost
 * @nr: libseccomp's number of the call, as SCMP_SYS(mmap) gives it
 * @ncmp: how many of @cmp count, 0 to 2; all must hold
 * @cmp: comparisons of register arguments
 */
struct guard_rule {
	uint32_t action;
	int nr;
	unsigned int ncmp;
	struct scmp_arg_cmp cmp[2];
};

/**
 * struct guard_limit - one resource limit, soft and hard alike
 * @resource: RLIMIT_CPU and the like
 * @value: in the unit of setrlimit(2): seconds, bytes or a count
 */
struct guard_limit {
	int resource;
	rlim_t value;
};

/**
 * struct guard_path - one rule of the landlock file policy
 * @path: file or folder; one that does not exist is passed over
 * @access: GUARD_READ, GUARD_WRITE, GUARD_EXEC or'ed together
 */
struct guard_path {
	const char *path;
	unsigned int access;
};

#define GUARD_READ  1u
#define GUARD_WRITE 2u
#define GUARD_EXEC  4u

/* Flags of struct guard_spec. */
#define GUARD_WAIT_ALL	(1u << 0) /* done when all have left, not just one */
#define GUARD_TASKS	(1u << 1) /* tell tasks apart by name, see guard_who() */
#define GUARD_NO_CAPS	(1u << 2) /* root in the guard has no capability */
#define GUARD_ENTRIES	(1u << 3) /* rules hold for 32-bit and x32 entry too */
#define GUARD_FILES	(1u << 4) /* enforce @paths by landlock */
#define GUARD_CLOSE_FDS (1u << 5) /* pass on descriptors 0 to 2, no others */
#define GUARD_TICKS	(1u << 6) /* see guard_next() */
#define GUARD_HOLD	(1u << 7) /* by ptrace(2): nothing outlives the keeper */

/*
 * GUARD_HOLD: the kernel itself kills the command and all its children when the
 * keeper ends, whoever else is killed with it; and guard_usage() misses none.
 * The price: nothing else can trace them (gdb, LeakSanitizer); each new task and
 * each signal costs a stop; and a signal that is ignored may end a wait such as
 * epoll_wait(2) by EINTR. The caller has to refuse CLONE_UNTRACED and CLONE_PTRACE,
 * and execve() by other threads than the first (guard_is_first()). See guard_held().
 */

/**
 * struct guard_spec - a command and what it is allowed
 * @argv: the command and its arguments; PATH is searched for argv[0]
 * @envp: its environment, or NULL for the caller's
 * @fds: what it gets as descriptors 0, 1 and 2, or NULL for the caller's
 * @other: action for a call without a rule
 * @foreign: action for a call by another entry (int 0x80, x32), unless
 *           GUARD_ENTRIES
 * @rules: @nrules rows of the filter; later rows refine, never weaken
 * @nrules: number of @rules
 * @limits: @nlimits resource limits
 * @nlimits: number of @limits
 * @paths: @npaths rules of the file policy, used with GUARD_FILES
 * @npaths: number of @paths
 * @tmpdir: path of a folder that is not there yet, or NULL: it is made before
 *          the command starts, and removed with all in it after the last
 *          process, also when the supervisor is killed; see guard_folder_name()
 * @flags: GUARD_WAIT_ALL and the like
 */
struct guard_spec {
	char *const *argv;
	char *const *envp;
	const int *fds;
	uint32_t other;
	uint32_t foreign;
	const struct guard_rule *rules;
	size_t nrules;
	const struct guard_limit *limits;
	size_t nlimits;
	const struct guard_path *paths;
	size_t npaths;
	const char *tmpdir;
	unsigned int flags;
};

/**
 * enum guard_what - what guard_next() tells
 * @GUARD_CALL: a call waits; answer it with one of guard_allow(),
 *              guard_fail() and guard_return()
 * @GUARD_EXIT: the command itself has ended
 * @GUARD_DONE: it and, with GUARD_WAIT_ALL, all its children have ended; or
 *              what was left of them has been killed, and @left says how many
 */
enum guard_what {
	GUARD_CALL,
	GUARD_EXIT,
	GUARD_DONE,
};

/**
 * struct guard_event - one thing that happened
 * @what: which of the three
 * @id: the kernel's name of the waiting call
 * @tid: thread that calls
 * @nr: libseccomp's number of the call on the native entry
 * @arch: libseccomp's name of the entry, SCMP_ARCH_X86_64 and the like
 * @ip: address the call returns to
 * @args: the six registers
 * @status: GUARD_EXIT: as waitpid(2) gives it
 * @error: GUARD_EXIT: 0, or the -errno for which the command did not start
 * @left: GUARD_DONE: processes that outlived the command and were killed
 * @files: GUARD_DONE: entries that it left in the tmpdir
 */
struct guard_event {
	enum guard_what what;
	uint64_t id;
	pid_t tid;
	int nr;
	uint32_t arch;
	uint64_t ip;
	uint64_t args[6];
	int status;
	int error;
	unsigned int left;
	unsigned int files;
};

struct guard;

/**
 * guard_open() - start a command under a filter
 * @out: the guard, to be given back by guard_close()
 * @spec: the command; used during the call only
 *
 * The command waits in its own execve() until the first guard_next() when
 * that call is asked about. The caller becomes a child subreaper (prctl(2)).
 * no_new_privs is set in the command, as root too (seccomp(2)).
 *
 * Return: 0; -EBUSY when the caller stands under a listener already, of which
 * the kernel allows one only (seccomp(2), and libseccomp 2.5.4 hides it);
 * -ENOENT or -EACCES when there is no such command; -EEXIST when @tmpdir is
 * there already; -ENOSYS when the kernel
 * has no user notification; -EOPNOTSUPP when it has no landlock and GUARD_FILES
 * is set; -EINVAL for
 * a rule that libseccomp refuses; or what fork, pipe or malloc failed with.
 */
int guard_open(struct guard **out, const struct guard_spec *spec);

/**
 * guard_next() - wait for the next thing to happen
 * @g: the guard
 * @ev: filled in
 * @timeout_ms: longest wait in milliseconds, or -1 for ever
 *
 * With GUARD_TICKS the caller promises that signals interrupt it now and then,
 * such as those of setitimer(2) by a handler without SA_RESTART. Then a wait
 * for ever costs one system call a turn, not two; but the end of a process may
 * be told only at the next tick.
 *
 * Return: 0; -ETIME when nothing happened; -EINTR after a signal to the
 * caller; -EOWNERDEAD when the keeper was killed (all of the command is dead
 * then).
 */
int guard_next(struct guard *g, struct guard_event *ev, int timeout_ms);

/**
 * guard_allow() - let a waiting call run
 * @g: the guard
 * @ev: a GUARD_CALL
 *
 * The kernel runs the call with the registers it was made with; what they
 * point to may have changed meanwhile (seccomp_unotify(2), CONTINUE).
 *
 * Return: 0, also when the caller is gone; or -errno of the ioctl.
 */
int guard_allow(struct guard *g, const struct guard_event *ev);

/**
 * guard_allow_result() - let a waiting call run, and learn what it returned
 * @g: the guard
 * @ev: a GUARD_CALL
 * @result: what the kernel answered: a value or -errno
 *
 * A notification ends before the call begins, so the thread is attached to
 * (PTRACE_SEIZE in ptrace(2)) and stopped for a moment on its way back. That
 * costs about as much again as the notification.
 *
 * Return: 0; -EOPNOTSUPP, and the call runs, for calls that make a task: to be
 * stopped would make them start anew (copy_process in kernel/fork.c), or when
 * another tracer has the thread, or before Linux 5.19; -ESRCH when the thread
 * has ended; or -errno of the ioctl.
 */
int guard_allow_result(struct guard *g, const struct guard_event *ev,
		       int64_t *result);

/**
 * guard_fail() - make a waiting call fail as the kernel would
 * @g: the guard
 * @ev: a GUARD_CALL
 * @error: positive errno, 1 to 4095
 *
 * brk does not know errno: it fails by returning the break as it was
 * (do_brk in mm/mmap.c), and so it does here, whatever @error is.
 *
 * Return: 0, also when the caller is gone; -EINVAL for a bad @error; or
 * -errno of the ioctl.
 */
int guard_fail(struct guard *g, const struct guard_event *ev, int error);

/**
 * guard_kill() - send a signal to the command
 * @g: the guard
 * @sig: signal number; SIGKILL goes to all its descendants too
 *
 * Return: 0, -ESRCH when the command is gone, or -errno of kill(2).
 */
int guard_kill(struct guard *g, int sig);

/**
 * guard_close() - end a guard
 * @g: the guard, or NULL
 *
 * Kills what still runs and waits until the keeper has reaped it: after the
 * call there is no process and no zombie left of the command.
 */
void guard_close(struct guard *g);

/**
 * struct guard_who - who makes a call
 * @task: name of the thread, the same in every run: "1" is the command, "1.2"
 *        what its second fork or clone made, process or thread alike
 * @process: name of its process, which is that of its first thread
 * @comm: what runs in the process, as /proc/PID/comm has it
 * @pid: the process
 * @loading: the call comes from the dynamic loader, the file at AT_BASE
 *           (getauxval(3))
 */
struct guard_who {
	const char *task;
	const char *process;
	const char *comm;
	pid_t pid;
	bool loading;
};

/**
 * guard_who() - tell who makes a call
 * @g: a guard with GUARD_TASKS
 * @ev: a GUARD_CALL
 * @who: filled in; its strings are good until the next guard_next()
 *
 * Return: 0; -EINVAL without GUARD_TASKS; -ESRCH when the task is gone.
 */
int guard_who(struct guard *g, const struct guard_event *ev,
	      struct guard_who *who);

/**
 * guard_break() - the program break before a waiting call
 * @g: a guard that asks about brk
 * @ev: a GUARD_CALL
 * @start: where the heap starts, an address in the target, or NULL
 * @now: the break, an address in the target, exact to the byte
 *
 * The kernel shows only the page the break is in. The exact break is the
 * latest request that ends in that page: a request within the current last
 * page never fails (sys_brk in mm/mmap.c).
 *
 * Return: 0; -ESRCH when the task is gone; or -errno of reading /proc.
 */
int guard_break(struct guard *g, const struct guard_event *ev, uint64_t *start,
		uint64_t *now);

/**
 * guard_landlock() - version of landlock in this kernel
 *
 * Return: 1 and up, or 0 when there is none.
 */
int guard_landlock(void);

/**
 * guard_clear_folders() - remove what guards left that were killed outright
 * @name: as guard_folder_name() was given it
 *
 * In the folder that TMPDIR names, or /tmp: the caller's own folders of that
 * name whose keeper is gone. Those of guards that run are locked (flock(2)).
 */
void guard_clear_folders(const char *name);

/**
 * guard_folder_name() - make up a path for a tmpdir
 * @name: what it is for, such as "cow-sandbox"
 * @path: filled in: the folder that TMPDIR names, or /tmp; @name, a dash, 16
 *        random digits
 * @size: bytes of @path
 *
 * Return: 0; -ENAMETOOLONG; -EIO when the kernel has no random numbers.
 */
int guard_folder_name(const char *name, char *path, size_t size);

#include "look.h"
#include "trial.h"

#endif
