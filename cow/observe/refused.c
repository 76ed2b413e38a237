// SPDX-License-Identifier: MIT
/* Accesses that may be refused: done under a handler that jumps back. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

#include "internal.h"

static _Thread_local sigjmp_buf back;
static _Thread_local struct obs_signal caught;
static _Thread_local uint64_t refusals;

uint64_t obs_refused_count(void)
{
	return refusals;
}

static void on_refusal(int signo, siginfo_t *info, void *context)
{
	(void)context;
	refusals++;
	caught.signo = signo;
	caught.code = info->si_code;
	caught.addr = info->si_addr;
	siglongjmp(back, 1);
}

/* Run @access with SIGSEGV and SIGBUS caught. */
static int try(void (*access)(char *addr, int *value), char *addr, int *value,
	       struct obs_signal *signal)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	struct sigaction segv, bus;
	int rc = 0;

	action.sa_sigaction = on_refusal;
	if (sigaction(SIGSEGV, &action, &segv))
		return obs_fail(errno, "catch SIGSEGV");
	if (sigaction(SIGBUS, &action, &bus)) {
		rc = obs_fail(errno, "catch SIGBUS");
		goto restore_segv;
	}
	memset(&caught, 0, sizeof(caught));
	if (!sigsetjmp(back, 1))
		access(addr, value);
	*signal = caught;
	sigaction(SIGBUS, &bus, NULL);
restore_segv:
	sigaction(SIGSEGV, &segv, NULL);
	return rc;
}

static void store(char *addr, int *value)
{
	touch_write(addr, *value);
}

static void load(char *addr, int *value)
{
	*value = touch_read(addr);
}

static void call(char *addr, int *value)
{
	*value = ((int (*)(void))addr)();
}

int obs_try_write(void *addr, char value, struct obs_signal *signal)
{
	int stored = value;

	return try(store, addr, &stored, signal);
}

int obs_try_read(const void *addr, struct obs_signal *signal)
{
	int loaded;

	return try(load, (char *)addr, &loaded, signal);
}

int obs_try_call(const void *addr, int *result, struct obs_signal *signal)
{
	return try(call, (char *)addr, result, signal);
}

const char *obs_signal_text(const struct obs_signal *signal)
{
	if (signal->signo == SIGSEGV)
		return signal->code == SEGV_MAPERR ? "SIGSEGV, SEGV_MAPERR" :
		       signal->code == SEGV_ACCERR ? "SIGSEGV, SEGV_ACCERR" :
						     "SIGSEGV";
	if (signal->signo == SIGBUS)
		return signal->code == BUS_ADRERR ? "SIGBUS, BUS_ADRERR" :
						    "SIGBUS";
	return "no signal";
}
