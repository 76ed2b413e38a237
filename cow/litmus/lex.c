// SPDX-License-Identifier: MIT
/* The words of a line. An error names the column and what was expected. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lex.h"

static void skip_blanks(struct lex *lex)
{
	while (*lex->at == ' ' || *lex->at == '\t')
		lex->at++;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static int word_length(const char *at)
{
	int n = 0;

	while (is_word(at[n]))
		n++;
	return n;
}

/* What stands at @at, for people. */
static void found_text(const struct lex *lex, const char *at, char *found,
		       size_t size)
{
	int n = word_length(at);

	if (at >= lex->end || *at == '#')
		snprintf(found, size, "the end of the line");
	else if (n)
		snprintf(found, size, "'%.*s'%s", n < 20 ? n : 20, at,
			 n > 20 ? "..." : "");
	else if (isprint((unsigned char)*at))
		snprintf(found, size, "'%c'", *at);
	else
		snprintf(found, size, "the byte 0x%02x", *at & 0xff);
}

bool lex_error(struct lex *lex, const char *at, const char *fmt, ...)
{
	char expected[90], found[40];
	va_list args;

	if (lex->failed)
		return false;
	lex->failed = true;
	va_start(args, fmt);
	vsnprintf(expected, sizeof(expected), fmt, args);
	va_end(args);
	found_text(lex, at, found, sizeof(found));
	snprintf(lex->message, LIT_WHAT_MAX,
		 "%.60s:%d:%d: expected %s, found %s", lex->path, lex->line,
		 (int)(at - lex->text) + 1, expected, found);
	return false;
}

bool lex_end(struct lex *lex)
{
	skip_blanks(lex);
	return !*lex->at || *lex->at == '#';
}

bool lex_arrow(struct lex *lex)
{
	skip_blanks(lex);
	if (strncmp(lex->at, "=>", 2))
		return false;
	lex->at += 2;
	return true;
}

bool lex_comma(struct lex *lex)
{
	skip_blanks(lex);
	if (*lex->at != ',')
		return false;
	lex->at++;
	return true;
}

bool lex_peek(struct lex *lex, const char *word)
{
	size_t n = strlen(word);

	skip_blanks(lex);
	return !strncmp(lex->at, word, n) && !is_word(lex->at[n]);
}

bool lex_accept(struct lex *lex, const char *word)
{
	if (!lex_peek(lex, word))
		return false;
	lex->at += strlen(word);
	return true;
}

bool lex_word(struct lex *lex, const char *expected, char word[WORD_MAX])
{
	int n;

	skip_blanks(lex);
	n = word_length(lex->at);
	if (!n || n >= LIT_NAME_MAX || !isalpha((unsigned char)*lex->at))
		return lex_error(lex, lex->at, "%s", expected);
	memcpy(word, lex->at, n);
	word[n] = '\0';
	lex->at += n;
	return true;
}

bool lex_starts_number(struct lex *lex)
{
	skip_blanks(lex);
	return isdigit((unsigned char)*lex->at);
}

bool lex_number(struct lex *lex, const char *expected, int min, int max,
		int *value)
{
	const char *start;
	long long n = 0;

	skip_blanks(lex);
	start = lex->at;
	while (isdigit((unsigned char)*lex->at) && n <= max)
		n = n * 10 + *lex->at++ - '0';
	if (lex->at == start || n < min || n > max ||
	    isalnum((unsigned char)*lex->at))
		return lex_error(lex, start, "%s from %d to %d", expected, min,
				 max);
	*value = n;
	return true;
}

/* N or N-M, the last one included. */
bool lex_range(struct lex *lex, int pages, int *start, int *count)
{
	int last;

	if (!lex_number(lex, "a page", 0, pages - 1, start))
		return false;
	*count = 1;
	if (*lex->at != '-')
		return true;
	lex->at++;
	if (!lex_number(lex, "a last page", *start, pages - 1, &last))
		return false;
	*count = last - *start + 1;
	return true;
}

bool lex_starts_value(struct lex *lex)
{
	skip_blanks(lex);
	return *lex->at == '\'' || (*lex->at == '=' && lex->at[1] != '>');
}

/* 'c', or =65: a byte. */
bool lex_value(struct lex *lex, char *value)
{
	int number;

	skip_blanks(lex);
	if (lex->at[0] == '\'' && lex->at[1] && lex->at[2] == '\'') {
		*value = lex->at[1];
		lex->at += 3;
		return true;
	}
	if (*lex->at != '=')
		return lex_error(lex, lex->at, "a byte, such as 'x' or =0");
	lex->at++;
	if (!lex_number(lex, "a byte", 0, 255, &number))
		return false;
	*value = number;
	return true;
}

bool lex_starts_proc(struct lex *lex)
{
	skip_blanks(lex);
	return *lex->at == 'P' && isdigit((unsigned char)lex->at[1]);
}

bool lex_proc(struct lex *lex, int *proc)
{
	if (!lex_starts_proc(lex))
		return lex_error(lex, lex->at, "a process, P0 to P%d",
				 MM_PROCS - 1);
	lex->at++;
	return lex_number(lex, "a process", 0, MM_PROCS - 1, proc);
}

int lex_choice(struct lex *lex, const char *expected, const char *const *word,
	       int words)
{
	for (int i = 0; i < words; i++)
		if (word[i] && lex_accept(lex, word[i]))
			return i;
	lex_error(lex, lex->at, "%s", expected);
	return -1;
}
