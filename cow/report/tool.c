// SPDX-License-Identifier: MIT
/* What every program here does alike: its arguments, and output that is lost. */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define OUT "write to standard output"

static bool told; /* that output was lost */

/* Why standard output takes nothing; an earlier failure shows once more. */
int rep_out_error(void)
{
	int error = 0;

	if (fflush(stdout))
		error = errno;
	else if (ferror(stdout))
		error = write(STDOUT_FILENO, "\n", 1) < 0 ? errno : EIO;
	told |= error;
	return error;
}

void rep_check_out(void)
{
	int error = rep_out_error();

	if (!error)
		return;
	errno = error;
	err(EXIT_FAILURE, OUT);
}

/* The last look, when argp or main() leave the program. */
static void at_exit(int status, void *arg)
{
	int error = told ? 0 : rep_out_error();

	if (!error)
		return;
	warnx(OUT ": %s", strerror(error));
	_exit(status ? status : EXIT_FAILURE);
}

/*
 * A descriptor that is closed would be given to the next file, and what is
 * printed would go there. What is run by exec finds it closed as before.
 */
static void fill_gap(int fd)
{
	int flags = O_CLOEXEC | (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	int filled;

	if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
		return;
	filled = open("/dev/null", flags);
	if (filled >= 0 && filled != fd)
		close(filled);
}

void rep_arguments(const struct argp *argp, int argc, char **argv,
		   unsigned int flags, void *input)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		fill_gap(fd);
	argp_err_exit_status = 2;
	if (on_exit(at_exit, NULL))
		err(EXIT_FAILURE, "start");
	argp_parse(argp, argc, argv, flags, NULL, input);
}

/* As env(1) and timeout(1) have it; 1 for what is no matter of the file. */
static int status_of(int error)
{
	switch (error) {
	case ENOENT:
		return 127;
	case E2BIG:
	case EACCES:
	case EISDIR:
	case ELIBBAD:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOEXEC:
	case ENOTDIR:
	case ETXTBSY:
		return 126;
	default:
		return EXIT_FAILURE;
	}
}

void rep_cannot_run(const char *program, int error)
{
	if (error == EBUSY)
		errx(4,
		     "%s: this process is under a guard already, and the kernel allows one",
		     program);
	errx(status_of(error), "running %s: %s", program, strerror(error));
}

int rep_read_answer(FILE *in, FILE *out, int indent, uint64_t *value)
{
	char line[64], rest[64], extra;

	if (!fgets(line, sizeof(line), in)) {
		fputc('\n', out);
		return -ENODATA;
	}
	/* The rest of a long line is no answer to the next question. */
	while (!strchr(line, '\n') && fgets(rest, sizeof(rest), in) &&
	       !strchr(rest, '\n'))
		;
	/* A terminal has shown what was typed. */
	if (!isatty(fileno(in)))
		fprintf(out, "%.*s\n", (int)strcspn(line, "\n"), line);
	if (sscanf(line, "%" SCNu64 " %c", value, &extra) == 1 &&
	    !strchr(line, '-'))
		return 0;
	fprintf(out, "%*sA whole number, please.\n", indent, "");
	return -EINVAL;
}
