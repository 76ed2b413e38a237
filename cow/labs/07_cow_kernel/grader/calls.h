/* SPDX-License-Identifier: MIT */
/*
 * calls.h - what the examiner's files of this lab share: scenes in the litmus
 * language, what Linux makes of them, and the student's machine beside it.
 */
#ifndef COW_KERNEL_CALLS_H
#define COW_KERNEL_CALLS_H

#include "exam/exam.h"
#include "litmus/litmus.h"
#include "ops.h"

#define STEPS	    48
#define FRAMES_SEEN 1024

/* A page, as it has to be after a line: frame 0 is absent, 1 the zero page. */
struct want {
	int frame; /* a number that is not used twice */
	bool write;
	unsigned char value;
};

/* A line of a scene, and what Linux makes of it. */
struct step {
	char text[40];
	struct mm_op op;
	enum mm_kind kind[PAGES];
	bool alive[MM_PROCS];
	struct want page[MM_PROCS][PAGES];
	size_t frames; /* that somebody holds */
};

struct scene {
	char text[STEPS * 40];
	bool zero_page;
	int setup; /* so many lines are not there for their faults */
	bool by_model; /* this kernel is no such machine: its model is asked */
	int pages;
	int start; /* where the model has page 0 */
	int steps;
	struct step step[STEPS];
};

/* What the student's machine has been through. */
struct machine {
	const struct scene *scene;
	int now; /* the step */
	enum kernel_trap trap;
	uint64_t base[MM_PROCS];
	struct look total[MM_PROCS];
	/* Of a frame of Linux's: which one it is here, once it was seen. */
	uint64_t inode[FRAMES_SEEN];
	uint64_t offset[FRAMES_SEEN];
};

/* exam_scene.c: scenes, and what Linux makes of them */
void scene_begin(struct scene *s, bool zero_page);
void scene_add(struct scene *s, const char *fmt, ...) __printf(2, 3);
void scene_ask_linux(struct exam *e, struct scene *s);
void scene_random(struct exam *e, struct scene *s, bool zero_page);
bool has_zero_page(void);

/* exam_play.c: the same on the student's machine, a line at a time */
void boot(struct exam *e, size_t frames, bool zero_page, enum kernel_trap trap);
void scene_play(struct exam *e, const struct scene *s, enum kernel_trap trap);

void judge_done(struct exam *e, int64_t value, bool refuse, int page);
void judge_free(struct exam *e, size_t frames);

/* exam_outside.c: the mappings, as /proc has them */
void look_from_outside(struct exam *e, struct machine *m);

/* exam_direct.c: tests that are no scenes */
void test_frames(struct exam *e);
void test_foreign(struct exam *e);
void ends_process(struct exam *e, bool own_page);

#endif
