// SPDX-License-Identifier: MIT
/* Lines of a scenario: the title, files, names, operations. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lex.h"

#define LINE_MAX_BYTES 400

/* file NAME memfd|disk PAGES [cached PAGES] */
static bool parse_file(struct parser *p)
{
	static const char *const backing[] = {
		[MM_BACK_MEMFD] = "memfd",
		[MM_BACK_DISK] = "disk",
	};
	struct lit_setup *setup = &p->scenario->setup;
	struct lit_file *file = &setup->file[setup->files];
	const char *at = p->lex.at;
	char word[WORD_MAX];
	int kind;

	if (setup->files == MM_NAMED)
		return lex_error(&p->lex, at, "at most %d files", MM_NAMED);
	if (p->scenario->lines)
		return lex_error(&p->lex, at,
				 "all files before the first operation");
	if (!lex_word(&p->lex, "a name for the file", word))
		return false;
	if (parse_file_of(p->scenario, word) >= 0 || !strcmp(word, "anon"))
		return lex_error(&p->lex, at, "a name that is not taken");
	kind = lex_choice(&p->lex, "memfd or disk", backing, 3);
	if (kind < 0 || !lex_number(&p->lex, "its size in pages", 1,
				    MM_FILE_PAGES, &file->pages))
		return false;
	strcpy(file->name, word);
	file->backing = kind;
	file->cached = kind == MM_BACK_DISK ? file->pages : 0;
	file->value = 'A';
	if (kind == MM_BACK_MEMFD && lex_accept(&p->lex, "cached") &&
	    !lex_number(&p->lex, "how many of its pages", 0, file->pages,
			&file->cached))
		return false;
	setup->files++;
	return true;
}

/* P0, or P0.1 for the first of the threads that it has started. */
static bool parse_who(struct parser *p, struct mm_op *op)
{
	const char *at = p->lex.at;
	int threads;

	if (lex_starts_proc(&p->lex) && !lex_proc(&p->lex, &op->proc))
		return false;
	if (!(p->born & ~p->gone & 1U << op->proc))
		return lex_error(&p->lex, at, "a process that lives");
	threads = p->threads[op->proc];
	if (*p->lex.at != '.')
		return true;
	p->lex.at++;
	return lex_number(&p->lex, "one of the process's threads,", 0,
			  threads < MM_THREADS ? threads : MM_THREADS - 1,
			  &op->thread);
}

static bool parse_line_op(struct parser *p)
{
	struct lit_scenario *scenario = p->scenario;
	struct lit_line *line = &scenario->line[scenario->lines];
	const char *at = p->lex.at;

	if (scenario->lines == LIT_LINES_MAX)
		return lex_error(&p->lex, at, "at most %d operations",
				 LIT_LINES_MAX);
	memset(line, 0, sizeof(*line));
	line->number = p->lex.line;
	line->op.file = -1;
	snprintf(line->text, sizeof(line->text), "%.*s",
		 (int)sizeof(line->text) - 1, at);
	if (!parse_who(p, &line->op) || !parse_op(p, &line->op))
		return false;
	scenario->lines++;
	return !lex_arrow(&p->lex) || parse_expects(&p->lex, scenario, line);
}

/* More expectations of the line before: a line that begins with "=>". */
static bool parse_more(struct parser *p)
{
	if (!p->scenario->lines)
		return lex_error(&p->lex, p->lex.text,
				 "an operation before what is expected of it");
	return parse_expects(&p->lex, p->scenario,
			     &p->scenario->line[p->scenario->lines - 1]);
}

/* needs FACT|no-FACT */
static bool parse_needs(struct parser *p)
{
	char word[LIT_NAME_MAX + 4];
	struct lex *lex = &p->lex;
	const char *at = lex_end(lex) ? lex->text : lex->at;

	for (int i = 0; i < MM_FACTS; i++) {
		snprintf(word, sizeof(word), "no-%s", mm_fact_id(i));
		if (lex_accept(lex, mm_fact_id(i)))
			p->scenario->needs |= 1U << i;
		else if (lex_accept(lex, word))
			p->scenario->needs_not |= 1U << i;
		else
			continue;
		return !(p->scenario->needs & p->scenario->needs_not) ||
		       lex_error(lex, at,
				 "no need that contradicts another one");
	}
	return lex_error(lex, lex->at, "a fact, such as %s, or no-%s",
			 mm_fact_id(MM_FACT_ZEROPAGE),
			 mm_fact_id(MM_FACT_MREMAP_MANY));
}

/* title TEXT: up to the end of the line, "#" included */
static bool parse_title(struct parser *p)
{
	struct lex *lex = &p->lex;

	if (*p->scenario->title)
		return lex_error(lex, lex->text, "one title");
	lex_end(lex);
	snprintf(p->scenario->title, sizeof(p->scenario->title), "%.*s",
		 LIT_TEXT_MAX - 1, lex->at);
	return true;
}

static bool parse_line(struct parser *p)
{
	struct lex *lex = &p->lex;
	bool ok;

	if (lex_end(lex))
		return true;
	if (lex_accept(lex, "title"))
		return parse_title(p);
	if (lex_accept(lex, "file"))
		ok = lex_end(lex) ?
			     lex_error(lex, lex->at, "a name for the file") :
			     parse_file(p);
	else if (lex_accept(lex, "needs"))
		ok = parse_needs(p);
	else if (lex_arrow(lex))
		ok = parse_more(p);
	else
		ok = parse_line_op(p);
	return ok && (lex_end(lex) ||
		      lex_error(lex, lex->at, "the end of the line or '=>'"));
}

/* Text only, and lines of a length that people can read. */
static bool check_text(struct parser *p, const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\t')
			return lex_error(&p->lex, text + i, "text");
	if (bytes >= LINE_MAX_BYTES)
		return lex_error(&p->lex, text + LINE_MAX_BYTES - 1,
				 "a line of at most %d bytes",
				 LINE_MAX_BYTES - 1);
	return true;
}

static void set_up(struct parser *p, struct lit_scenario *scenario,
		   const char *path, char *message)
{
	memset(scenario, 0, offsetof(struct lit_scenario, line));
	snprintf(scenario->path, sizeof(scenario->path), "%.*s",
		 LIT_TEXT_MAX - 1, path);
	scenario->names = 3;
	scenario->name[0] = (struct lit_name){ "area", 0, MM_AREA };
	scenario->name[1] = (struct lit_name){ "heap", MM_HEAP, MM_HEAP_PAGES };
	scenario->name[2] = (struct lit_name){ "huge", MM_BIG, MM_BIG_PAGES };
	*p = (struct parser){
		.lex = { .path = scenario->path, .message = message },
		.scenario = scenario,
		.born = 1,
	};
}

/* What a line ends with elsewhere is no text, and not worth a mistake. */
static int without_cr(const char *text, int bytes, int next)
{
	return bytes - (bytes && next == '\n' && text[bytes - 1] == '\r');
}

/* No more of a line than is needed to see that it is too long. */
static bool read_line(struct parser *p, FILE *file,
		      char text[LINE_MAX_BYTES + 1])
{
	int bytes = 0, c;

	while (bytes < LINE_MAX_BYTES && (c = getc(file)) != EOF && c != '\n')
		text[bytes++] = c;
	if (!bytes && c == EOF)
		return false;
	bytes = without_cr(text, bytes, c);
	text[bytes] = '\0';
	p->lex.line++;
	p->lex.text = text;
	p->lex.at = text;
	p->lex.end = text + bytes;
	if (check_text(p, text, bytes))
		parse_line(p);
	return !p->lex.failed;
}

FILE *lit_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error;
	FILE *file = NULL;

	if (fd < 0)
		return NULL;
	if (!fcntl(fd, F_SETFL, 0))
		file = fdopen(fd, "r");
	error = errno;
	if (!file)
		close(fd);
	errno = error;
	return file;
}

int lit_read(struct lit_scenario *scenario, const char *path, FILE *file,
	     char message[LIT_WHAT_MAX])
{
	char text[LINE_MAX_BYTES + 1];
	struct parser p;

	set_up(&p, scenario, path, message);
	errno = 0;
	while (read_line(&p, file, text))
		;
	if (!p.lex.failed && ferror(file)) {
		snprintf(message, LIT_WHAT_MAX, "read %.100s: %s", path,
			 strerror(errno));
		return -EINVAL;
	}
	p.lex.text = "";
	p.lex.end = p.lex.text;
	if (!p.lex.failed && !scenario->lines)
		lex_error(&p.lex, p.lex.text, "at least one operation");
	return p.lex.failed ? -EINVAL : 0;
}
