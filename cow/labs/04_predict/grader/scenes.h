/* SPDX-License-Identifier: MIT */
/* scenes.h - the questions of this lab, made from a seed. */
#ifndef PREDICT_SCENES_H
#define PREDICT_SCENES_H

#include <stdbool.h>

#define SCENES	    10
#define SCENE_LINES 16
#define SEED_MAX    40

/**
 * struct scene - a litmus scenario, some of whose lines are asked
 * @title: what it is about
 * @lines: how many lines
 * @line: the lines, in the language of litmus
 * @label: of a line that is asked: its letter; else 0
 */
struct scene {
	const char *title;
	int lines;
	char line[SCENE_LINES][64];
	char label[SCENE_LINES];
};

/* Scene @number, from 0, of the student whose seed this is. */
void scene_make(struct scene *scene, int number, const char *seed);

#endif
