/* SPDX-License-Identifier: MIT */
/*
 * How long something took. One measurement says little on a machine that does
 * other things as well: take many, look at the median, compare within one run.
 */
#ifndef COW_OBSERVE_CLOCK_H
#define COW_OBSERVE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * obs_clock() - The time that has gone by, by CLOCK_MONOTONIC.
 *
 * Return: nanoseconds since some moment in the past.
 */
uint64_t obs_clock(void);

/**
 * obs_cpu_clock() - The time that the calling thread has spent on a CPU.
 *
 * By CLOCK_THREAD_CPUTIME_ID: what other processes do meanwhile does not
 * count, nor does waiting. To read it is a system call.
 *
 * Return: nanoseconds.
 */
uint64_t obs_cpu_clock(void);

/**
 * obs_median() - The median of some measurements.
 * @sample: the measurements, which are put in order
 * @count: how many, at least 1
 *
 * Return: the one in the middle; the upper one of two.
 */
uint64_t obs_median(uint64_t *sample, size_t count);

/**
 * struct obs_costs - what is done without a fault, medians in nanoseconds
 * @call: a system call that does next to nothing, getppid(2)
 * @clear: clearing a page that is in no near cache
 * @hot: copying a page that is in a near cache, as the place for it is
 * @cold: copying a page that is in none, to a place that is in none
 */
struct obs_costs {
	uint64_t call;
	uint64_t clear;
	uint64_t hot;
	uint64_t cold;
};

/**
 * obs_costs() - Measure what a fault is best compared with.
 * @costs: filled in
 *
 * Works on 32 MiB, which are given back: after so much else, a page is cold.
 *
 * Return: 0 or -errno of mmap(2).
 */
int obs_costs(struct obs_costs *costs);

/**
 * obs_emulated() - Is time an emulator's?
 *
 * Rule: in an emulator instructions take time, not memory, so a page in a near
 * cache is copied about as fast as one in none; a processor copies it several
 * times faster. There the price of a copy can't be compared with anything.
 *
 * Return: true if nothing shows a cache.
 */
bool obs_emulated(void);

#endif
