/* SPDX-License-Identifier: MIT */
/* Accesses that may be refused: caught, and named. */
#ifndef COW_OBSERVE_REFUSED_H
#define COW_OBSERVE_REFUSED_H

/**
 * struct obs_signal - how an access was refused
 * @signo: SIGSEGV, SIGBUS, or 0 when the access went through
 * @code: si_code
 * @addr: the address that faulted
 */
struct obs_signal {
	int signo;
	int code;
	void *addr;
};

/**
 * obs_try_write() - Store a byte where it may be refused.
 * @addr: where
 * @value: what
 * @signal: filled in
 *
 * A refused access is told to the open window as OBS_KIND_SEGV.
 *
 * Return: 0 whether or not it was refused, or -errno of sigaction(2).
 */
int obs_try_write(void *addr, char value, struct obs_signal *signal);

/**
 * obs_try_read() - Load a byte where it may be refused.
 * @addr: where
 * @signal: filled in
 *
 * Return: as obs_try_write().
 */
int obs_try_read(const void *addr, struct obs_signal *signal);

/**
 * obs_try_call() - Run a function where it may be refused.
 * @addr: its first instruction; it takes nothing and returns an int
 * @result: set to what it returns; untouched when it was refused
 * @signal: filled in
 *
 * Return: as obs_try_write().
 */
int obs_try_call(const void *addr, int *result, struct obs_signal *signal);

/**
 * obs_signal_text() - Name a refusal, such as "SIGSEGV, SEGV_MAPERR".
 * @signal: what was caught
 *
 * Return: a constant string; "no signal" for none.
 */
const char *obs_signal_text(const struct obs_signal *signal);

#endif
