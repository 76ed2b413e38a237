// SPDX-License-Identifier: MIT
/*
 * What a demo stands on: areas with nothing near them, windows, children. All
 * of it is put away when the demo ends, however it ends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

char *rep_area(struct rep *r, size_t pages)
{
	struct rep_area *area = REP_NEW(r, areas);

	if (!area)
		return NULL;
	area->bytes = pages * obs_page_size();
	if (rep_failed(r, obs_pin(), NULL) ||
	    rep_failed(r, obs_gap_map(&area->addr, area->bytes), NULL))
		return NULL;
	return area->addr;
}

void rep_lock(struct rep *r, char *addr, size_t pages)
{
	if (!r->failed && mlock2(addr, pages * obs_page_size(), MLOCK_ONFAULT))
		rep_note(
			r,
			"mlock2() of %zu page%s is refused (%s): the kernel may take some away meanwhile",
			pages, rep_s(pages), strerror(errno));
}

void rep_fill(struct rep *r, int fd, size_t pages, char value)
{
	size_t page_size = obs_page_size();
	char *page = malloc(page_size);

	if (!page) {
		rep_failed(r, -ENOMEM, "allocate a page");
		return;
	}
	memset(page, value, page_size);
	for (size_t i = 0; i < pages && !r->failed; i++) {
		ssize_t put = write(fd, page, page_size);

		if (put != (ssize_t)page_size)
			rep_failed(r, put < 0 ? -errno : -ENOSPC,
				   "write page %zu of %zu to a file", i + 1,
				   pages);
	}
	free(page);
}

struct obs_window *rep_window(struct rep *r, char *addr, size_t pages)
{
	struct obs_window **window = REP_NEW(r, windows);

	if (!window || r->failed)
		return NULL;
	rep_failed(r, obs_window_open(window, addr, pages), NULL);
	return *window;
}

struct obs_peer *rep_peer(struct rep *r)
{
	struct obs_peer *peer = REP_NEW(r, peers);

	if (!peer)
		return NULL;
	*peer = OBS_PEER_NONE;
	return rep_failed(r, obs_peer_open(peer), NULL) ? NULL : peer;
}

void rep_forked(struct rep *r, struct obs_peer *peer, pid_t pid)
{
	if (pid == 0)
		obs_peer_serve(peer);
	if (!rep_failed(r, pid < 0 ? -errno : 0, "fork"))
		rep_failed(r, obs_peer_adopt(peer, pid), NULL);
}

void rep_order(struct rep *r, struct obs_peer *peer, void (*run)(void *arg),
	       void *arg)
{
	if (!r->failed)
		rep_failed(r, obs_peer_call(peer, run, arg), NULL);
}

static void touch(struct rep *r, struct obs_peer *peer, void (*run)(void *),
		  struct obs_window *window, char value)
{
	if (r->failed)
		return;
	window->value = value;
	if (peer)
		rep_order(r, peer, run, window);
	else
		run(window);
	rep_saw_faults(r, window);
}

void rep_writes(struct rep *r, struct obs_peer *peer, struct obs_window *window,
		char value)
{
	touch(r, peer, obs_writes, window, value);
}

void rep_reads(struct rep *r, struct obs_peer *peer, struct obs_window *window,
	       char value)
{
	touch(r, peer, obs_reads, window, value);
}

void rep_end_peer(struct rep *r, struct obs_peer *peer)
{
	if (peer)
		rep_failed(r, obs_peer_end(peer), NULL);
}

void rep_look(struct rep *r, pid_t pid, struct obs_window *window)
{
	if (!r->failed)
		rep_failed(r,
			   obs_pages_of(pid, window->addr, window->pages,
					window->after),
			   NULL);
}

size_t rep_compare(struct rep *r, struct obs_window *parent,
		   struct obs_window *child, const struct obs_peer *peer)
{
	if (!peer || !rep_going(r))
		return 0;
	rep_look(r, 0, parent);
	rep_look(r, peer->pid, child);
	rep_strip(r, "parent", parent->after, parent->pages);
	rep_strip(r, "child", child->after, child->pages);
	return obs_count_same(parent->after, child->after, parent->pages);
}

void rep_clear_stage(struct rep *r)
{
	while (r->n_peers)
		rep_end_peer(r, &r->peers[--r->n_peers]);
	while (r->n_windows)
		obs_window_close(r->windows[--r->n_windows]);
	for (; r->n_areas; r->n_areas--) {
		struct rep_area *area = &r->areas[r->n_areas - 1];

		if (area->addr)
			rep_failed(r, obs_gap_unmap(area->addr, area->bytes),
				   NULL);
	}
}
