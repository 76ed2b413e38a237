// SPDX-License-Identifier: MIT
/* Operations back into the language: a failing sequence becomes a scenario. */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* All of the area has one name, and all of the heap. */
static int place_text(char *text, size_t size, int start, int pages)
{
	const char *name = start < MM_HEAP ? "area" :
			   start < MM_BIG  ? "heap" :
					     "huge";
	int first = start < MM_HEAP ? start :
		    start < MM_BIG  ? start - MM_HEAP :
				      start - MM_BIG;

	if (pages == 1)
		return snprintf(text, size, "%s %d", name, first);
	return snprintf(text, size, "%s %d-%d", name, first, first + pages - 1);
}

static void map_text(const struct lit_setup *setup, const struct mm_op *op,
		     char *text, size_t size)
{
	int first = op->start < MM_BIG ? op->start : op->start - MM_BIG;
	const char *room = op->start < MM_BIG	      ? "" :
			   op->flags & MM_VM_HUGEPAGE ? " huge" :
							" aligned";
	int n = snprintf(text, size, "m%d %s %s %s %d%s at %d", op->start,
			 op->file < 0 ? "anon" : setup->file[op->file].name,
			 op->flags & MM_VM_SHARED ? "shared" : "private",
			 lit_access_word[op->flags & MM_VM_ACCESS], op->pages,
			 room, first);

	if (op->file >= 0)
		snprintf(text + n, size - n, " from %d", op->pgoff);
}

static void mremap_text(const struct mm_op *op, char *text, size_t size)
{
	char to[40] = "", pages[40] = "";

	if (op->to >= 0)
		place_text(to, sizeof(to), op->to, 1);
	if (op->to < 0 || op->new_pages)
		snprintf(pages, sizeof(pages), " pages %d",
			 op->new_pages ? op->new_pages : op->pages);
	snprintf(text, size, "%s%s%s", *to ? " to " : "", to, pages);
}

/* What follows the place. */
static void how_text(const struct mm_op *op, char *text, size_t size)
{
	switch (op->kind) {
	case MM_OP_MPROTECT:
		snprintf(text, size, " %s", lit_access_word[op->flags]);
		break;
	case MM_OP_MADVISE:
		snprintf(text, size, " %s", lit_advice_word[op->advice]);
		break;
	case MM_OP_MREMAP:
		mremap_text(op, text, size);
		break;
	case MM_OP_WRITE:
	case MM_OP_KWRITE:
		snprintf(text, size, " =%d", op->value & 0xff);
		break;
	default:
		*text = '\0';
	}
}

void lit_op_text(const struct lit_setup *setup, const struct mm_op *op,
		 char text[LIT_TEXT_MAX])
{
	char rest[LIT_TEXT_MAX / 2] = "", how[LIT_TEXT_MAX / 3] = "";
	char thread[16] = "";

	switch (op->kind) {
	case MM_OP_MMAP:
		map_text(setup, op, rest, sizeof(rest));
		break;
	case MM_OP_FORK:
		snprintf(rest, sizeof(rest), "P%d", op->child);
		break;
	case MM_OP_EXIT:
	case MM_OP_THREAD:
	case MM_OP_UNPIN:
	case MM_OP_MERGE:
		break;
	case MM_OP_BRK:
		snprintf(rest, sizeof(rest), "%d", op->pages);
		break;
	case MM_OP_SYNC:
		snprintf(rest, sizeof(rest), "%s", setup->file[op->file].name);
		break;
	default:
		place_text(rest, sizeof(rest), op->start, op->pages);
		how_text(op, how, sizeof(how));
	}
	if (op->thread)
		snprintf(thread, sizeof(thread), ".%d", op->thread);
	snprintf(text, LIT_TEXT_MAX, "P%d%s %s%s%s%s", op->proc, thread,
		 lit_op_word[op->kind], *rest ? " " : "", rest, how);
}

int lit_write(FILE *file, const char *title,
	      const struct lit_sequence *sequence)
{
	const struct lit_setup *setup = &sequence->setup;
	char text[LIT_TEXT_MAX];

	fprintf(file, "title %s\n", title);
	for (int i = 0; i < setup->files; i++) {
		const struct lit_file *f = &setup->file[i];

		if (f->backing == MM_BACK_DISK)
			fprintf(file, "file %s disk %d\n", f->name, f->pages);
		else
			fprintf(file, "file %s memfd %d cached %d\n", f->name,
				f->pages, f->cached);
	}
	for (int i = 0; i < sequence->ops; i++) {
		lit_op_text(setup, &sequence->op[i], text);
		fprintf(file, "%s\n", text);
	}
	return fflush(file) || ferror(file) ? -EIO : 0;
}

int lit_reproduce(struct lit_lab *lab, uint64_t seed,
		  struct lit_sequence *sequence, struct lit_diff *diff,
		  const char *dir, char path[LIT_WHAT_MAX])
{
	char title[LIT_WHAT_MAX + 40];
	int rc = lit_shrink(lab, sequence, diff);
	FILE *file;

	if (rc < 0)
		return rc;
	snprintf(path, LIT_WHAT_MAX, "%.150s/litmus-%llu.litmus", dir,
		 (unsigned long long)seed);
	snprintf(title, sizeof(title), "Seed %llu: P%d page %d %s",
		 (unsigned long long)seed, diff->proc, diff->page, diff->what);
	file = fopen(path, "we");
	if (!file)
		return lit_fail(errno, "write %.140s", path);
	rc = lit_write(file, title, sequence);
	if (fclose(file) || rc)
		return lit_fail(EIO, "write %.140s", path);
	return 0;
}
