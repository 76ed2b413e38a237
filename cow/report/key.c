// SPDX-License-Identifier: MIT
/* --pause: a key to go on, for who stands in front of a class. */
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "internal.h"

#define PROMPT "-- any key goes on, q leaves --"
#define CTRL_C 3 /* while no signal is made of it */

/* Elsewhere a line is a key; where there are no more, nobody waits. */
static char read_line(void)
{
	int key = getchar();

	for (int c = key; c != '\n' && c != EOF;)
		c = getchar();
	return key;
}

/*
 * A terminal gives each key at once, where it may be told to (a sandbox may
 * refuse that), and is left as it was.
 */
static char read_key(void)
{
	struct termios was, raw;
	char key = 'q';

	if (tcgetattr(STDIN_FILENO, &was))
		return key;
	raw = was;
	raw.c_lflag &= ~(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw))
		return read_line();
	if (read(STDIN_FILENO, &key, 1) != 1 || key == CTRL_C)
		key = 'q';
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	return key;
}

bool rep_key(const struct rep *r)
{
	bool shown = isatty(STDOUT_FILENO);
	FILE *to = shown ? stdout : stderr;
	char key;

	if (!isatty(STDIN_FILENO))
		return read_line() != 'q';
	fprintf(to, "\n" PROMPT);
	fflush(to);
	key = read_key();
	/* Nothing is left of it where the cursor can be moved. */
	fprintf(to, shown ? "\r\033[K\033[A" : "\n");
	fflush(to);
	return key != 'q';
}
