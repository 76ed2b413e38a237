// SPDX-License-Identifier: MIT
/*
 * Reading a trace.  Real files have wrong counts, free NULL as id -1, resize
 * ids they never allocated, allocate ids again while they are live and end in
 * the middle of a line: all are taken for what they mean, with a warning, and
 * what means nothing is passed over.  Where most of it means nothing it is no
 * trace.
 */
#include "compiler.h"
#include "alloc.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Larger requests are a slip of somebody's file. */
#define LARGEST_PAYLOAD (1ULL << 40)
#define WARNINGS_SHOWN	8

/* An id of the file and the slot it got. */
struct id {
	long long name;
	uint32_t slot;
	bool known;
	bool live;
	size_t size;
};

struct reader {
	const char *path;
	FILE *warn;
	struct heap_trace *trace;
	size_t line;
	size_t room;
	size_t header_lines;
	size_t strange; /* lines that are neither header nor operation */
	struct id *ids; /* open addressing; the room is a power of two */
	size_t id_room;
	size_t live_bytes;
};

static __printf(2, 3) void odd(struct reader *reader, const char *format, ...)
{
	va_list args;

	reader->trace->warnings++;
	if (!reader->warn || reader->trace->warnings > WARNINGS_SHOWN)
		return;
	fprintf(reader->warn, "%s:%zu: ", reader->path, reader->line);
	va_start(args, format);
	vfprintf(reader->warn, format, args);
	va_end(args);
	fputc('\n', reader->warn);
}

static void strange(struct reader *reader, const char *what)
{
	reader->strange++;
	odd(reader, "not %s", what);
}

static struct id *probe(struct id *ids, size_t room, long long name)
{
	size_t at = (size_t)name * 0x9e3779b97f4a7c15 >> 20 & (room - 1);

	while (ids[at].known && ids[at].name != name)
		at = (at + 1) & (room - 1);
	return &ids[at];
}

static int more_ids(struct reader *reader)
{
	size_t room = reader->id_room ? 2 * reader->id_room : 1024;
	struct id *ids = calloc(room, sizeof(*ids));
	size_t i;

	if (!ids)
		return -ENOMEM;
	for (i = 0; i < reader->id_room; i++)
		if (reader->ids[i].known)
			*probe(ids, room, reader->ids[i].name) = reader->ids[i];
	free(reader->ids);
	reader->ids = ids;
	reader->id_room = room;
	return 0;
}

/* The entry of an id, made if it is new; NULL if memory ends. */
static struct id *look_up(struct reader *reader, long long name)
{
	struct heap_trace *trace = reader->trace;
	struct id *id;

	if (2 * trace->slots >= reader->id_room && more_ids(reader))
		return NULL;
	id = probe(reader->ids, reader->id_room, name);
	if (!id->known) {
		id->known = true;
		id->name = name;
		id->slot = (uint32_t)trace->slots++;
	}
	return id;
}

static int add(struct reader *reader, struct heap_trace_op op)
{
	struct heap_trace *trace = reader->trace;

	if (trace->count == reader->room) {
		size_t room = reader->room ? 2 * reader->room : 1024;
		void *ops = reallocarray(trace->ops, room, sizeof(op));

		if (!ops)
			return -ENOMEM;
		trace->ops = ops;
		reader->room = room;
	}
	trace->ops[trace->count++] = op;
	return 0;
}

static void account(struct reader *reader, struct id *id, char kind,
		    size_t size)
{
	struct heap_trace *trace = reader->trace;

	if (kind != 'a' && id->live)
		reader->live_bytes -= id->size;
	id->live = kind == 'a' || (kind == 'r' && size);
	id->size = id->live ? size : 0;
	reader->live_bytes += id->size;
	if (reader->live_bytes > trace->peak)
		trace->peak = reader->live_bytes;
	if (size > trace->largest)
		trace->largest = size;
}

static void judge(struct reader *reader, const struct id *id, char kind)
{
	if (kind == 'a' && id->live)
		odd(reader, "id %lld is allocated again while live", id->name);
	else if (kind == 'r' && !id->live)
		odd(reader, "id %lld is resized but not live: realloc(NULL)",
		    id->name);
	else if (kind == 'f' && !id->live)
		odd(reader, "id %lld is freed but not live: free(NULL)",
		    id->name);
}

static int take_op(struct reader *reader, char kind, long long name,
		   size_t size)
{
	struct heap_trace_op op = { kind, HEAP_TRACE_NULL, size };
	struct id *id;

	if (name < 0) {
		if (kind == 'f')
			return add(reader, op);
		odd(reader, "a negative id is neither allocated nor resized");
		return 0;
	}
	id = look_up(reader, name);
	if (!id)
		return -ENOMEM;
	judge(reader, id, kind);
	op.slot = id->slot;
	account(reader, id, kind, size);
	return add(reader, op);
}

/* Reads a number and what separates it from the next; false if there is none */
static bool number(char **at, long long *value)
{
	char *end;

	errno = 0;
	*value = strtoll(*at, &end, 10);
	if (end == *at || errno || (*end && !isspace((unsigned char)*end)))
		return false;
	*at = end + strspn(end, " \t\r\v\f");
	return true;
}

static int read_op(struct reader *reader, char *at)
{
	char kind = *at++;
	long long size = 0;
	long long name;

	if (!strchr("arf", kind) || !number(&at, &name) ||
	    (kind != 'f' && !number(&at, &size))) {
		strange(reader, "an operation");
		return 0;
	}
	if (*at)
		odd(reader, "something follows the operation");
	if (size < 0 || (unsigned long long)size > LARGEST_PAYLOAD) {
		odd(reader, "no program asks for %lld bytes", size);
		return 0;
	}
	return take_op(reader, kind, name, (size_t)size);
}

static int read_line(struct reader *reader, char *at)
{
	struct heap_trace *trace = reader->trace;
	long long value;

	reader->line++;
	at += strspn(at, " \t\r\v\f");
	if (!*at || *at == '#')
		return 0;
	if (!isdigit((unsigned char)*at) || trace->count ||
	    reader->header_lines == HEAP_TRACE_HEADER_LINES)
		return read_op(reader, at);
	if (!number(&at, &value) || *at)
		strange(reader, "a header line");
	else
		trace->header[reader->header_lines++] =
			(unsigned long long)value;
	return 0;
}

/*
 * The first and the last line tell the vintages apart: a weight is a digit, a
 * heap size or a largest payload hardly ever.
 */
static void look_at_header(struct reader *reader)
{
	struct heap_trace *trace = reader->trace;
	const unsigned long long *header = trace->header;
	bool weight_first = header[3] == trace->largest ||
			    (header[0] < 10 && header[3] >= 10);

	trace->weight = weight_first ? header[0] : header[3];
	if (reader->header_lines < HEAP_TRACE_HEADER_LINES)
		odd(reader, "the header has %zu lines, not %d",
		    reader->header_lines, HEAP_TRACE_HEADER_LINES);
	else if (header[2] != trace->count)
		odd(reader, "the header says %llu operations, there are %zu",
		    header[2], trace->count);
	if (reader->live_bytes)
		odd(reader, "%zu %s never freed", reader->live_bytes,
		    reader->live_bytes == 1 ? "byte is" : "bytes are");
	if (reader->warn && trace->warnings > WARNINGS_SHOWN)
		fprintf(reader->warn, "%s: warnings not shown: %zu\n",
			reader->path, trace->warnings - WARNINGS_SHOWN);
}

static int read_lines(struct reader *reader, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	int err = 0;

	while (!err && (length = getline(&line, &room, file)) >= 0) {
		if (length && line[length - 1] == '\n')
			line[length - 1] = '\0';
		err = read_line(reader, line);
	}
	if (!err && ferror(file))
		err = errno ? -errno : -EIO;
	free(line);
	return err;
}

/* Reads all, and says nothing unless it is a trace. */
static int read_trace(struct reader *reader, FILE *file)
{
	const struct heap_trace *trace = reader->trace;
	int err = read_lines(reader, file);

	if (err)
		return err;
	if (!trace->count)
		return -ENODATA;
	if (reader->strange > trace->count)
		return -EBADMSG;
	look_at_header(reader);
	return 0;
}

/* What is odd is held back: a file that is no trace is one line, not nine. */
static int read_quietly(struct reader *reader, FILE *file, FILE *warn)
{
	char *text = NULL;
	size_t size;
	int err;

	reader->warn = open_memstream(&text, &size);
	if (!reader->warn)
		return -ENOMEM;
	err = read_trace(reader, file);
	if (fclose(reader->warn))
		err = err ? err : -ENOMEM;
	if (!err)
		fputs(text, warn);
	free(text);
	return err;
}

int heap_trace_read(const char *path, FILE *warn, struct heap_trace *trace)
{
	struct reader reader = { .path = path, .trace = trace };
	bool is_stdin = !strcmp(path, "-");
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	int err;

	*trace = (struct heap_trace){ 0 };
	if (!file)
		return -errno;
	err = warn ? read_quietly(&reader, file, warn) :
		     read_trace(&reader, file);
	if (!is_stdin)
		fclose(file);
	free(reader.ids);
	if (err)
		heap_trace_end(trace);
	return err;
}

const char *heap_trace_why(int err)
{
	if (err == -ENODATA)
		return "not a trace: no operation in it";
	if (err == -EBADMSG)
		return "not a trace: most lines are no operations";
	return strerror(-err);
}

void heap_trace_end(struct heap_trace *trace)
{
	free(trace->ops);
	trace->ops = NULL;
	trace->count = 0;
}
