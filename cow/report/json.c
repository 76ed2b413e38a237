// SPDX-License-Identifier: MIT
/* JSON, one object a step and one that sums up, written by jansson. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Print and free; standard output's own error flag keeps what goes wrong. */
static void put(struct rep *r, json_t *object)
{
	if (!object || json_dumpf(object, stdout, JSON_COMPACT))
		rep_failed(r, -ENOMEM, "write JSON");
	putchar('\n');
	json_decref(object);
}

static json_t *kinds(const uint64_t *kind)
{
	json_t *object = json_object();

	for (int i = 0; i < OBS_KINDS; i++)
		if (kind[i])
			json_object_set_new(object, obs_kind_id(i),
					    json_integer(kind[i]));
	return object;
}

static json_t *settles(const char *list)
{
	json_t *array = json_array();

	while (list && *list) {
		size_t len = strcspn(list, " ");

		json_array_append_new(array, json_stringn(list, len));
		list += len;
		list += strspn(list, " ");
	}
	return array;
}

static json_t *number(const struct rep_claim *claim, bool measured)
{
	if (measured && !claim->seen)
		return json_null();
	return json_integer(measured ? claim->measured : claim->predicted);
}

/* What a step measured beside its first number. */
static json_t *checks(const struct rep *r)
{
	json_t *array = json_array();

	for (size_t i = 1; i < r->n_claims; i++) {
		const struct rep_claim *claim = &r->claims[i];

		json_array_append_new(
			array, json_pack("{s:s,s:s,s:o,s:o,s:b}", "what",
					 claim->what, "unit", claim->unit,
					 "predicted", number(claim, false),
					 "measured", number(claim, true), "ok",
					 rep_claim_holds(claim)));
	}
	return array;
}

/* The first claim is the step's own number. */
static void add_number(const struct rep *r, json_t *object)
{
	const struct rep_claim *claim = &r->claims[0];

	if (!r->n_claims)
		return;
	json_object_set_new(object, "predicted", number(claim, false));
	json_object_set_new(object, "measured", number(claim, true));
	if (claim->faults) {
		json_object_set_new(object, "kinds",
				    kinds(claim->measured_kind));
		json_object_set_new(object, "source",
				    json_string(obs_source_id(r->source)));
		json_object_set_new(
			object, "labels",
			json_string(obs_labels_text(claim->labels)));
		if (*claim->odd)
			json_object_set_new(object, "disagree",
					    json_string(claim->odd));
	} else {
		json_object_set_new(object, "unit", json_string(claim->unit));
		json_object_set_new(object, "what", json_string(claim->what));
	}
	if (r->n_claims > 1)
		json_object_set_new(object, "checks", checks(r));
}

static void step_end(struct rep *r, enum rep_verdict verdict)
{
	const struct rep_step *step = &r->demo->steps[r->step];
	json_t *object = json_pack("{s:s,s:i,s:s,s:s}", "program",
				   r->demo->name, "step", (int)r->step + 1,
				   "statement", step->statement, "reason",
				   r->reason);

	add_number(r, object);
	json_object_set_new(object, "settles", settles(step->settles));
	json_object_set_new(object, "verdict",
			    json_string(rep_verdict_id(verdict)));
	if (*r->why)
		json_object_set_new(object, "why", json_string(r->why));
	put(r, object);
}

static void end(struct rep *r)
{
	char labels[64];
	json_t *object = json_pack("{s:s,s:i,s:i,s:i}", "program",
				   r->demo->name, "ok",
				   (int)r->verdicts[REP_OK], "differs",
				   (int)r->verdicts[REP_DIFFERS], "skipped",
				   (int)r->verdicts[REP_SKIPPED]);

	json_object_set_new(object, "pages", json_integer(rep_pages(r)));
	if (r->options.seed)
		json_object_set_new(object, "seed",
				    json_integer(r->options.seed));
	json_object_set_new(object, "predicted", json_integer(r->predicted));
	json_object_set_new(object, "measured", json_integer(r->measured));
	json_object_set_new(object, "perf", json_integer(r->by_perf));
	json_object_set_new(object, "unseen", json_integer(r->unseen));
	json_object_set_new(object, "source",
			    json_string(obs_source_id(r->source)));
	rep_labels_text(r, labels, sizeof(labels));
	json_object_set_new(object, "labels", json_string(labels));
	if (r->failed)
		json_object_set_new(object, "error", json_string(r->why));
	put(r, object);
}

const struct rep_render rep_json = {
	.step_end = step_end,
	.end = end,
};
