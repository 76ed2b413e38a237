/* SPDX-License-Identifier: MIT */
/*
 * look.h - the part of guard.h that looks at a command from outside: what it
 * uses, which processes are its own, and what a call says. Programs include
 * guard.h.
 */
#ifndef GUARD_LOOK_H
#define GUARD_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct guard;
struct guard_event;

/**
 * guard_live() - how many tasks the command consists of now
 * @g: the guard
 *
 * Return: the number of threads of all its living processes.
 */
unsigned int guard_live(struct guard *g);

/**
 * struct guard_use - what the command and its children use
 * @rss: their resident pages now, in bytes; shared ones count for each
 * @cpu_ns: processor time so far in nanoseconds, of the ended ones too
 * @written: bytes given to write(2) and its kin so far, wherever to; 0 where
 *           the kernel keeps no such count (/proc/PID/io)
 */
struct guard_use {
	uint64_t rss;
	uint64_t cpu_ns;
	uint64_t written;
};

/**
 * guard_usage() - add up what the command and its children use
 * @g: the guard
 * @use: filled in
 *
 * Where the command is not held (guard_held()) an ended child counts only when
 * it was waited for: the kernel adds its sums to those of whoever waits. Held,
 * each counts, also after GUARD_DONE.
 */
void guard_usage(struct guard *g, struct guard_use *use);

/**
 * guard_held() - does the keeper trace the command, as GUARD_HOLD asks?
 * @g: the guard
 *
 * Return: false without GUARD_HOLD, or where the kernel lets nobody trace (Yama's
 * ptrace_scope of 2 and 3).
 */
bool guard_held(const struct guard *g);

/**
 * guard_is_first() - does a call come from the first thread of its process?
 * @ev: a GUARD_CALL
 *
 * When another one makes an execve(), the first ends unseen by its tracer
 * (de_thread() in fs/exec.c).
 */
bool guard_is_first(const struct guard_event *ev);

/**
 * guard_process_size() - address space of the process of a thread
 * @tid: the thread
 * @size: bytes
 *
 * Return: 0 or -errno of reading /proc.
 */
int guard_process_size(pid_t tid, uint64_t *size);

/**
 * guard_owns() - is a process or thread one of the command's?
 * @g: the guard
 * @tid: process or thread
 */
bool guard_owns(struct guard *g, pid_t tid);

/**
 * guard_call_name() - name of a waiting call
 * @ev: a GUARD_CALL
 * @name: GUARD_TEXT_LEN bytes; another entry is named too: "i386 getpid"
 */
void guard_call_name(const struct guard_event *ev, char *name);

/**
 * guard_say() - a waiting call with its arguments, for a message
 * @g: the guard
 * @ev: a GUARD_CALL
 * @text: GUARD_TEXT_LEN bytes: openat(AT_FDCWD, "/etc/passwd", O_WRONLY)
 *
 * Reads strings from the target's memory: never decide by @text.
 */
void guard_say(struct guard *g, const struct guard_event *ev, char *text);

/**
 * guard_path() - the file a waiting call names, for a message
 * @g: the guard
 * @ev: a GUARD_CALL
 * @arg: which argument holds the path, 0 to 5
 * @dirfd_arg: which holds the folder's descriptor, or -1
 * @path: PATH_MAX bytes, absolute but not resolved; /proc/self is told as the
 *        caller's own folder there
 *
 * Reads the target's memory: never decide by @path alone.
 *
 * Return: 0 or -errno of reading /proc.
 */
int guard_path(struct guard *g, const struct guard_event *ev, int arg,
	       int dirfd_arg, char *path);

#endif
