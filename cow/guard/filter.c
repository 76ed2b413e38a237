// SPDX-License-Identifier: MIT
/*
 * filter.c - how do rules become a program the kernel runs at each call?
 *
 * libseccomp writes the program; we load it ourselves (keeper.c), because
 * seccomp_load() of 2.5.4 hides that a second listener is refused with EBUSY
 * and does not know SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "internal.h"

/* The calls by which tasks come and go; GUARD_TASKS listens to them. */
static const int task_calls[] = {
	SCMP_SYS(fork),	  SCMP_SYS(vfork),	SCMP_SYS(clone),
	SCMP_SYS(clone3), SCMP_SYS(execve),	SCMP_SYS(execveat),
	SCMP_SYS(exit),	  SCMP_SYS(exit_group),
};

static int add_entries(scmp_filter_ctx ctx)
{
	int err = 0;

	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		return 0;
	err = seccomp_arch_add(ctx, SCMP_ARCH_X86);
	if (err && err != -EEXIST)
		return err;
	err = seccomp_arch_add(ctx, SCMP_ARCH_X32);
	return err == -EEXIST ? 0 : err;
}

static int add_rules(scmp_filter_ctx ctx, const struct guard_spec *spec)
{
	size_t i;
	int err;

	for (i = 0; i < spec->nrules; i++) {
		const struct guard_rule *r = &spec->rules[i];

		if (r->action == spec->other)
			continue;
		err = seccomp_rule_add_array(ctx, r->action, r->nr, r->ncmp,
					     r->cmp);
		if (err && err != -EEXIST)
			return err;
	}
	if (!(spec->flags & GUARD_TASKS) || spec->other == SCMP_ACT_NOTIFY)
		return 0;
	for (i = 0; i < sizeof(task_calls) / sizeof(*task_calls); i++) {
		err = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, task_calls[i], 0);
		if (err && err != -EEXIST)
			return err;
	}
	return 0;
}

static int export_filter(scmp_filter_ctx ctx, struct sock_fprog *prog)
{
	int err, fd = memfd_create("filter", MFD_CLOEXEC);
	off_t size;

	if (fd < 0)
		return -errno;
	err = seccomp_export_bpf(ctx, fd);
	if (err)
		goto close_fd;
	size = lseek(fd, 0, SEEK_END);
	prog->filter = malloc(size);
	err = -ENOMEM;
	if (!prog->filter)
		goto close_fd;
	prog->len = size / sizeof(struct sock_filter);
	err = pread(fd, prog->filter, size, 0) == size ? 0 : -EIO;
	if (err)
		free(prog->filter);
close_fd:
	close(fd);
	return err;
}

int guard_filter(const struct guard_spec *spec, struct sock_fprog *prog)
{
	scmp_filter_ctx ctx = seccomp_init(spec->other);
	int err;

	if (!ctx)
		return -EINVAL;
	err = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
			       spec->flags & GUARD_ENTRIES ? SCMP_ACT_ALLOW :
							     spec->foreign);
	if (!err && spec->flags & GUARD_ENTRIES)
		err = add_entries(ctx);
	if (!err)
		err = add_rules(ctx, spec);
	if (!err)
		err = export_filter(ctx, prog);
	seccomp_release(ctx);
	return err;
}
