// SPDX-License-Identifier: MIT
/* Operations of a scenario: what is done, to which pages, and how. */
#include <string.h>

#include "lex.h"

static struct lit_name *name_of(const struct lit_scenario *scenario,
				const char *word)
{
	for (int i = 0; i < scenario->names; i++)
		if (!strcmp(scenario->name[i].name, word))
			return (struct lit_name *)&scenario->name[i];
	return NULL;
}

int parse_file_of(const struct lit_scenario *scenario, const char *word)
{
	for (int i = 0; i < scenario->setup.files; i++)
		if (!strcmp(scenario->setup.file[i].name, word))
			return i;
	return -1;
}

bool parse_place(struct lex *lex, const struct lit_scenario *scenario,
		 int *start, int *pages)
{
	const struct lit_name *name;
	const char *at;
	char word[WORD_MAX];

	lex_end(lex);
	at = lex->at;
	if (!lex_word(lex, "a mapping's name", word))
		return false;
	name = name_of(scenario, word);
	if (!name)
		return lex_error(lex, at, "the name of a mapping");
	*start = 0;
	*pages = name->pages;
	if (lex_starts_number(lex) &&
	    !lex_range(lex, name->pages, start, pages))
		return false;
	*start += name->start;
	return true;
}

/* Where a mapping can lie: in the area, or where there is room for huge pages. */
struct room {
	const char *page;
	int start;
	int pages;
	int *next;
	int step;
};

static struct room room_of(struct parser *p, bool huge)
{
	if (huge)
		return (struct room){ "a page of the room for huge pages",
				      MM_BIG, MM_BIG_PAGES, &p->next_slot,
				      MM_HUGE };
	return (struct room){ "a page of the area", 0, MM_AREA, &p->next_place,
			      16 };
}

static bool lies_in(const struct lit_name *name, const struct room *room)
{
	return name->start >= room->start &&
	       name->start < room->start + room->pages;
}

/* The next place has at least a page between it and the last mapping. */
static void leave_room(const struct room *room, int end)
{
	int gap = room->step > 16 ? 0 : 16;
	int next = (end + gap + room->step - 1) / room->step * room->step;

	if (next > *room->next)
		*room->next = next;
}

/* A name for pages: at a place of its choice, or 16 pages above the last. */
static bool add_name(struct parser *p, const char *word, const char *at,
		     const struct room *room, struct mm_op *op)
{
	struct lit_scenario *scenario = p->scenario;
	struct lit_name *name = name_of(scenario, word);
	int place = *room->next;

	if (name && lies_in(name, room))
		place = name->start - room->start;
	if (lex_accept(&p->lex, "at") &&
	    !lex_number(&p->lex, room->page, 0, room->pages - 1, &place))
		return false;
	if (place + op->pages > room->pages)
		return lex_error(
			&p->lex, at,
			"at most %d pages that end at page %d: it would end at %d",
			room->pages, room->pages, place + op->pages);
	if (!name && scenario->names == LIT_NAMES_MAX)
		return lex_error(&p->lex, at, "at most %d names",
				 LIT_NAMES_MAX);
	if (!name)
		name = &scenario->name[scenario->names++];
	*name = (struct lit_name){ .start = room->start + place,
				   .pages = op->pages };
	strcpy(name->name, word);
	op->start = room->start + place;
	leave_room(room, place + op->pages);
	return true;
}

static bool parse_access(struct lex *lex, unsigned int *flags)
{
	int access = lex_choice(lex, "none, r or rw", lit_access_word,
				MM_VM_ACCESS + 1);

	*flags |= access < 0 ? 0 : access;
	return access >= 0;
}

/* PAGES [huge|aligned]: private anonymous memory where huge pages fit */
static bool parse_size(struct parser *p, struct mm_op *op, bool *huge)
{
	struct lex *lex = &p->lex;
	const char *at;

	lex_end(lex);
	at = lex->at;
	if (!lex_number(lex, "a number of pages", 1, MM_BIG_PAGES, &op->pages))
		return false;
	*huge = lex_peek(lex, "huge") || lex_peek(lex, "aligned");
	if (!*huge) {
		lex->at = at;
		return lex_number(lex, "a number of pages", 1, MM_AREA,
				  &op->pages);
	}
	if (op->file >= 0 || op->flags & MM_VM_SHARED)
		return lex_error(
			lex, lex->at,
			"the end of the line, for only private anonymous memory is huge");
	if (lex_accept(lex, "huge"))
		op->flags |= MM_VM_HUGEPAGE;
	else
		lex_accept(lex, "aligned");
	p->scenario->setup.huge = true;
	return true;
}

/*
 * map NAME anon|FILE private|shared [none|r|rw] PAGES [huge|aligned] [at PAGE]
 * [from PAGE]
 */
static bool parse_map(struct parser *p, struct mm_op *op)
{
	static const char *const sharing[] = { "private", "shared" };
	struct lex *lex = &p->lex;
	char name[WORD_MAX], file[WORD_MAX];
	const char *at, *size;
	struct room room;
	bool huge;
	int shared;

	lex_end(lex);
	at = lex->at;
	if (!lex_word(lex, "a name for the mapping", name))
		return false;
	if (!strcmp(name, "heap"))
		return lex_error(lex, at, "another name: brk maps the heap");
	if (!strcmp(name, "huge"))
		return lex_error(lex, at,
				 "another name: all of the room has this");
	lex_end(lex);
	size = lex->at;
	if (!lex_word(lex, "anon or a file's name", file))
		return false;
	op->file = parse_file_of(p->scenario, file);
	if (op->file < 0 && strcmp(file, "anon"))
		return lex_error(lex, size, "anon or a file's name");
	shared = lex_choice(lex, "private or shared", sharing, 2);
	if (shared < 0)
		return false;
	op->flags = shared ? MM_VM_SHARED : 0;
	if (lex_starts_number(lex))
		op->flags |= MM_VM_ACCESS;
	else if (!parse_access(lex, &op->flags))
		return false;
	if (!parse_size(p, op, &huge))
		return false;
	room = room_of(p, huge);
	if (!add_name(p, name, at, &room, op))
		return false;
	return !lex_accept(lex, "from") ||
	       lex_number(lex, "a page of the file", 0, MM_FILE_PAGES,
			  &op->pgoff);
}

static bool parse_fork(struct parser *p, struct mm_op *op)
{
	const char *at;

	lex_end(&p->lex);
	at = p->lex.at;
	if (!lex_proc(&p->lex, &op->child))
		return false;
	if (p->born & 1U << op->child)
		return lex_error(&p->lex, at,
				 "a process that has not been there yet");
	p->born |= 1U << op->child;
	return true;
}

static bool parse_sync(struct parser *p, struct mm_op *op)
{
	char word[WORD_MAX];
	const char *at;

	lex_end(&p->lex);
	at = p->lex.at;
	if (!lex_word(&p->lex, "a file's name", word))
		return false;
	op->file = parse_file_of(p->scenario, word);
	return op->file >= 0 || lex_error(&p->lex, at, "a file's name");
}

/* What an operation has after it must lie in the area, or in the heap. */
static bool fits(const struct mm_op *op)
{
	int start = op->to < 0 ? op->start : op->to;
	int pages = op->new_pages ? op->new_pages : op->pages;

	return start + pages <= (start < MM_HEAP ? MM_AREA :
				 start < MM_BIG	 ? MM_BIG :
						   MM_PAGES);
}

static bool is_big(int page)
{
	return page >= MM_BIG;
}

/* mremap NAME [RANGE] [to NAME [PAGE]] [pages PAGES] */
static bool parse_mremap(struct parser *p, struct mm_op *op)
{
	struct lex *lex = &p->lex;
	const char *at;
	int pages;
	bool moves;

	if (!parse_place(lex, p->scenario, &op->start, &op->pages))
		return false;
	moves = lex_accept(lex, "to");
	if (!moves && !lex_peek(lex, "pages"))
		return lex_error(lex, lex->at, "'to' or 'pages'");
	lex_end(lex);
	at = lex->at;
	op->to = -1;
	if (moves && !parse_place(lex, p->scenario, &op->to, &pages))
		return false;
	if (lex_accept(lex, "pages") &&
	    !lex_number(lex, "a number of pages", 1,
			op->start < MM_BIG ? MM_AREA : MM_BIG_PAGES,
			&op->new_pages))
		return false;
	if (moves && is_big(op->start) != is_big(op->to))
		return lex_error(lex, at,
				 "a place in the same room, huge or not");
	return fits(op) ||
	       lex_error(lex, at, "a place with %d pages in the area",
			 op->new_pages ? op->new_pages : op->pages);
}

/* What follows the name and range of an operation on memory. */
static bool parse_how(struct parser *p, struct mm_op *op)
{
	int advice;

	switch (op->kind) {
	case MM_OP_MPROTECT:
		return parse_access(&p->lex, &op->flags);
	case MM_OP_MADVISE:
		advice = lex_choice(&p->lex, "an advice, such as dontneed",
				    lit_advice_word, MM_ADVICES);
		op->advice = advice;
		return advice >= 0;
	case MM_OP_WRITE:
	case MM_OP_KWRITE:
		op->value = 'a' + p->scenario->lines % 26;
		return !lex_starts_value(&p->lex) ||
		       lex_value(&p->lex, &op->value);
	default:
		return true;
	}
}

static bool parse_thread(struct parser *p, const struct mm_op *op)
{
	if (p->threads[op->proc] == MM_THREADS - 1)
		return lex_error(&p->lex, p->lex.at,
				 "at most %d threads started by a process",
				 MM_THREADS - 1);
	p->threads[op->proc]++;
	return true;
}

bool parse_op(struct parser *p, struct mm_op *op)
{
	int kind = lex_choice(&p->lex, "an operation, such as map or write",
			      lit_op_word, MM_OPS);

	if (kind < 0)
		return false;
	op->kind = kind;
	switch (op->kind) {
	case MM_OP_MMAP:
		return parse_map(p, op);
	case MM_OP_MREMAP:
		return parse_mremap(p, op);
	case MM_OP_FORK:
		return parse_fork(p, op);
	case MM_OP_EXIT:
		p->gone |= 1U << op->proc;
		return true;
	case MM_OP_THREAD:
		return parse_thread(p, op);
	case MM_OP_UNPIN:
	case MM_OP_MERGE:
		return true;
	case MM_OP_BRK:
		return lex_number(&p->lex, "the heap's size", 0, MM_HEAP_PAGES,
				  &op->pages);
	case MM_OP_SYNC:
		return parse_sync(p, op);
	default:
		return parse_place(&p->lex, p->scenario, &op->start,
				   &op->pages) &&
		       parse_how(p, op);
	}
}
