/* SPDX-License-Identifier: MIT */
/* What the files of report share among themselves. */
#ifndef COW_REPORT_INTERNAL_H
#define COW_REPORT_INTERNAL_H

#include "report.h"

/* One prediction and its measurement. */
struct rep_claim {
	bool faults; /* of faults; else @unit and @what say of what */
	const char *unit;
	const char *what;
	uint64_t predicted;
	uint64_t measured;
	uint64_t predicted_kind[OBS_KINDS];
	uint64_t measured_kind[OBS_KINDS];
	enum obs_labels labels; /* how the kinds were told */
	char odd[128]; /* where those who tell them disagree */
	bool asked;
	uint64_t answer;
	bool seen;
};

enum rep_verdict {
	REP_OK,
	REP_DIFFERS,
	REP_SKIPPED,
	REP_VERDICTS,
};

struct rep_options {
	size_t pages;
	bool tap;
	bool json;
	bool ask;
	bool quiet;
	bool color;
	bool pause;
	uint64_t seed; /* 0: none */
	const char *own;
};

/* How a demo is rendered; a hook that is NULL says nothing. */
struct rep_render {
	void (*begin)(struct rep *r);
	void (*step_begin)(struct rep *r);
	void (*predict)(struct rep *r, const struct rep_claim *claim);
	void (*because)(struct rep *r);
	void (*measure)(struct rep *r, const struct rep_claim *claim);
	void (*note)(struct rep *r, const char *text);
	void (*strip)(struct rep *r, const char *label,
		      const struct obs_page *page, size_t pages);
	void (*step_end)(struct rep *r, enum rep_verdict verdict);
	void (*failed)(struct rep *r);
	void (*end)(struct rep *r);
};

extern const struct rep_render rep_text, rep_terse, rep_tap, rep_json;

struct rep {
	const struct rep_demo *demo;
	struct rep_options options;
	const struct rep_render *render;
	size_t width; /* columns */
	enum { UNSEEN, SEEN, EXPLAINED } legend[256]; /* of a page character */
	enum obs_source source;
	bool sees_frames;
	bool drains;
	/* the running step */
	size_t step; /* from 0 */
	struct rep_claim claims[8];
	size_t n_claims;
	size_t seen; /* measurements of the running step */
	struct rep_picture {
		const char *label;
		const struct obs_page *page;
		size_t pages;
	} pictures[8];
	size_t n_pictures;
	char reason[512];
	char why[256]; /* skipped or failed */
	bool skipped; /* this step and all that follow */
	bool failed;
	bool disturbed; /* the running step */
	size_t disturbances; /* those before it */
	/* what the demo stands on */
	struct rep_area {
		char *addr;
		size_t bytes;
	} areas[8];
	struct obs_window *windows[8];
	struct obs_peer peers[8];
	size_t n_areas;
	size_t n_windows;
	size_t n_peers;
	/* sums */
	size_t verdicts[REP_VERDICTS];
	uint64_t predicted; /* faults */
	uint64_t measured;
	uint64_t by_perf; /* of @measured, what perf counts */
	uint64_t labelled[OBS_BY_TRACEPOINT + 1]; /* of @measured */
	uint64_t unseen; /* of @measured, what perf:u has no eyes for */
	size_t asked;
	size_t right;
	size_t varied; /* how many numbers --seed was asked for */
	bool left; /* by the key 'q' */
};

/* Parse the command line; leaves the program for --help and bad usage. */
void rep_parse(struct rep_options *options, const struct rep_demo *demo,
	       int argc, char **argv);

/* Ask the person in front of us; -ENODATA when there is no more input. */
int rep_ask(const struct rep *r, struct rep_claim *claim);

/* "6 too many", of an answer that is not right. */
void rep_gap_text(const struct rep_claim *claim, char *text, size_t size);

/* A number from @least to @most, by the seed and by who asks how often. */
size_t rep_seeded(uint64_t seed, const char *name, size_t nth, size_t least,
		  size_t most);

/* Fail if what was said can't be: soon, as errno is the next call's, too. */
void rep_put_out(struct rep *r);

/* Wait for a key before the running step; false when it was 'q'. */
bool rep_key(const struct rep *r);

/* A place for one thing more; NULL and a failed demo if there is none. */
#define REP_NEW(r, what)                                             \
	((r)->n_##what < sizeof((r)->what) / sizeof(*(r)->what) ?    \
		 &(r)->what[(r)->n_##what++] :                       \
		 (rep_failed(r, -ENOSPC, "use more than %zu " #what, \
			     (r)->n_##what),                         \
		  NULL))

/* Put away what the demo stands on. */
void rep_clear_stage(struct rep *r);

bool rep_claim_holds(const struct rep_claim *claim);

/* How the kinds of all faults were told: "by tracepoint"; "" without faults. */
void rep_labels_text(const struct rep *r, char *text, size_t size);

/* "64 faults: 64 copy"; of the prediction or of the measurement. */
void rep_claim_text(const struct rep_claim *claim, bool measured, char *text,
		    size_t size);

const char *rep_verdict_id(enum rep_verdict verdict);

/* What a page character means. */
const char *rep_page_meaning(char c);

/* The next run of equal characters from *@at on: its length; *@at moves on. */
size_t rep_page_run(const struct obs_page *page, size_t pages, size_t *at,
		    char *c);

/* Lines at the report's width: a label, then text, wrapped at blanks. */
void rep_wrapped(const struct rep *r, const char *label, const char *text,
		 const char *mark);

#define REP_INDENT 5
#define REP_LABEL  9

#endif
