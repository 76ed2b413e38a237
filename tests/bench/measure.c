// SPDX-License-Identifier: MIT
/*
 * Runs a command on an allocator and says what it took: CPU seconds of the
 * command and all it waited for, most resident memory of any of them, minor
 * page faults. Only the command is preloaded, not who measures.
 *
 * Usage: measure RESULT PRELOAD COWALLOC COMMAND...   ("" for none)
 * Writes "SECONDS KIB FAULTS" to the file RESULT; exits as the command did.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void set_variable(const char *name, const char *value)
{
	int rc = *value ? setenv(name, value, 1) : unsetenv(name);

	if (rc)
		err(1, "set %s", name);
}

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	FILE *result;
	int status;
	pid_t pid;

	if (argc < 5)
		errx(2, "usage: measure RESULT PRELOAD COWALLOC COMMAND...");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		set_variable("LD_PRELOAD", argv[2]);
		set_variable("COWALLOC", argv[3]);
		execvp(argv[4], argv + 4);
		err(127, "run %s", argv[4]);
	}
	if (wait4(pid, &status, 0, &usage) != pid)
		err(1, "wait4");
	result = fopen(argv[1], "w");
	if (!result ||
	    fprintf(result, "%.4f %ld %ld\n",
		    seconds(&usage.ru_utime) + seconds(&usage.ru_stime),
		    usage.ru_maxrss, usage.ru_minflt) < 0 ||
	    fclose(result))
		err(1, "write %s", argv[1]);
	if (WIFSIGNALED(status))
		errx(1, "%s was killed by signal %d", argv[4],
		     WTERMSIG(status));
	return WEXITSTATUS(status);
}
