// SPDX-License-Identifier: MIT
/* litmus --random: sequence after sequence, up to one that differs. */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "litmus_random.h"
#include "report/report.h"

#define SKIP 4

/* So often is a sequence that differs done again before it is told. */
#define REPLAYS 2

static struct lit_lab *lab;
static const struct litmus_random *how;
static int ok, differing, once, skipped;

static void reproduce(uint64_t seed, struct lit_sequence *sequence,
		      struct lit_diff *diff)
{
	char path[LIT_WHAT_MAX];
	int rc = lit_reproduce(lab, seed, sequence, diff,
			       how->out ? how->out : ".", path);

	if (rc)
		errx(EXIT_FAILURE, "%s: %s", lit_what(), strerror(-rc));
	printf("seed %llu differs: P%d page %d %s; %d operation%s remain%s: %s\n",
	       (unsigned long long)seed, diff->proc, diff->page, diff->what,
	       sequence->ops, rep_s(sequence->ops),
	       sequence->ops == 1 ? "s" : "", path);
}

static void progress(long done)
{
	if (isatty(STDERR_FILENO) && (done % 20 == 0 || done == how->sequences))
		fprintf(stderr, "\r%ld of %ld sequences, %d differ%s", done,
			how->sequences, differing,
			done == how->sequences ? "\n" : "");
}

/*
 * What differs again is the model's mistake, and ends the run. What does not is
 * no agreement either: something from outside may have changed the pages.
 */
static void tell_difference(uint64_t seed, struct lit_sequence *sequence,
			    struct lit_diff *diff,
			    const struct lit_counters *before)
{
	struct lit_counters after;
	char moved[LIT_WHAT_MAX];

	lit_counters(&after);
	if (lit_again(lab, sequence, REPLAYS)) {
		differing++;
		reproduce(seed, sequence, diff);
		return;
	}
	once++;
	lit_counters_moved(before, &after, moved, sizeof(moved));
	printf("seed %llu differed once, and not in %d replays: operation %d, P%d page %d %s; meanwhile %s\n",
	       (unsigned long long)seed, REPLAYS, sequence->ops, diff->proc,
	       diff->page, diff->what, moved);
}

/* One sequence; what was to be said is said. */
static void run_sequence(long seed)
{
	static struct lit_sequence sequence;
	struct lit_counters before;
	struct lit_diff diff;
	int agreed;

	lit_counters(&before);
	agreed = lit_random(lab, seed, how->ops, &sequence, &diff);
	if (agreed == -ENODEV) {
		skipped++;
		warnx("seed %ld: skipped: %s", seed, lit_what());
	} else if (agreed < 0) {
		errx(EXIT_FAILURE, "seed %ld: %s: %s", seed, lit_what(),
		     strerror(-agreed));
	} else if (agreed < how->ops) {
		tell_difference(seed, &sequence, &diff, &before);
	} else {
		ok++;
	}
}

static void sum_up_random(void)
{
	printf("%d of %ld sequence%s of %ld operation%s agree%s\n", ok,
	       how->sequences, rep_s(how->sequences), how->ops, rep_s(how->ops),
	       differing ? "; stopped at the first that does not" : "");
	if (once)
		printf("%d not repeatable: neither agreed nor a mistake of the model\n",
		       once);
	if (skipped)
		printf("%d sequence%s skipped: not compared\n", skipped,
		       rep_s(skipped));
	if (lab->identity->moved)
		printf("the kernel moved %llu page%s meanwhile (compaction)\n",
		       (unsigned long long)lab->identity->moved,
		       rep_s(lab->identity->moved));
}

int litmus_random(struct lit_lab *in, const struct litmus_random *what)
{
	lab = in;
	how = what;
	for (long i = 0; i < how->sequences && !differing; i++) {
		run_sequence(how->seed + i);
		progress(i + 1);
		rep_check_out();
	}
	sum_up_random();
	return differing || once ? EXIT_FAILURE : ok ? EXIT_SUCCESS : SKIP;
}
