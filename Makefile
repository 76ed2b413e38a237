# SPDX-License-Identifier: MIT
# cowkit: see `make help`.

# ---- what there is: a new program is a new file and one line here ----------

LIBS  := observe report guard alloc model litmus exam
DEMOS := sbrkdemo/grow \
	 sbrkdemo/shrink \
	 sbrkdemo/lazy \
	 sbrkdemo/limit \
	 sbrkdemo/foreign \
	 sbrkdemo/malloc_rules \
	 sbrkdemo/realloc_rules \
	 sbrkdemo/promise \
	 sbrkdemo/stock \
	 sbrkdemo/heap \
	 sbrkdemo/fit \
	 sbrkdemo/fragment \
	 sbrkdemo/align \
	 mmapdemo/anon \
	 mmapdemo/prot \
	 mmapdemo/modes \
	 mmapdemo/unmap \
	 mmapdemo/flags \
	 mmapdemo/shared_vs_private \
	 mmapdemo/snapshot \
	 mmapdemo/bounds \
	 mmapdemo/fault_around \
	 mmapdemo/demand \
	 mmapdemo/remap \
	 mmapdemo/advise \
	 mmapdemo/guarded \
	 mmapdemo/huge \
	 cow/spaces \
	 mmapdemo/threshold \
	 cow/fork_cow \
	 cow/fork_reuse \
	 cow/child_size \
	 cow/generations \
	 cow/zero_page \
	 cow/kernel_write \
	 cow/config \
	 cow/vfork_exec \
	 cow/refcount \
	 cow/bgsave \
	 cow/pool \
	 cow/free_in_child \
	 cow/gc \
	 cow/fork_cost \
	 cow/fault_cost \
	 cow/tradeoff \
	 cow/scatter \
	 cow/ksm
# Demos about time, which take some; tests run them once where others run often.
TIMED := cow/fork_cost cow/fault_cost cow/tradeoff
# Demos that need what not everyone has: root, ksmd. They skip it, and say so.
SOME := cow/scatter cow/ksm
# Demos that do what the sandbox is there to refuse: they run without it.
FREE := sbrkdemo/limit mmapdemo/modes cow/kernel_write
# Demos that count no faults: of no interest to perf, and never in a sandbox.
GUARDED := cow/denied
TOOLS := cow/tools/doctor cow/tools/ledger cow/tools/fail cow/tools/sandbox \
	 cow/tools/record cow/tools/replay cow/tools/tracegen \
	 cow/tools/litmus cow/tools/myths
# Further files of programs: their rules below say whose.
PARTS := $(patsubst %,cow/tools/doctor_%,host damon) cow/tools/fail_sweep \
	 cow/tools/ledger_print cow/tools/sandbox_rules cow/tools/sandbox_decide \
	 cow/tools/sandbox_profile \
	 cow/tools/litmus_machine cow/tools/litmus_random \
	 $(patsubst %,cow/tools/myths_%,course people facts claim run say)
LABS  := sbrkdemo/labs/01_bump \
	 sbrkdemo/labs/02_fit \
	 mmapdemo/labs/03_map \
	 cow/labs/04_predict \
	 cow/labs/05_snapshot \
	 cow/labs/06_pool \
	 cow/labs/07_cow_kernel
PRELOADS := libcowalloc libcowrecord

# ---- how it is built -------------------------------------------------------

# O= names another output folder, SAN= builds with sanitizers into one of their
# own, STATIC=1 programs that need no library, W=1 makes warnings errors, V=1
# shows the commands.
comma := ,
empty :=
ifneq ($(SAN),)
O ?= build/san-$(subst $(comma),-,$(SAN))
sanitize := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifneq ($(STATIC),)
O ?= build/static
LABS :=
PRELOADS :=
override LDFLAGS += -static
# Nothing can be preloaded there: the allocator is part of its benchmarks.
own_malloc := family heap plain stats
endif
O ?= build
ifeq ($(V),)
Q := @
say = @printf '  %-7s %s\n' "$(1)" "$(2)";
else
say =
endif

CC      ?= cc
CFLAGS  ?= -O2 -g
DESTDIR ?=
PREFIX  ?= /usr/local
below    = $(DESTDIR)$(PREFIX)

cflags   := -std=gnu11 -D_GNU_SOURCE -Icow -fPIC -pthread -MMD -MP \
	    -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wstrict-prototypes -Wmissing-prototypes -Wshadow \
	    -Wvla-larger-than=4000 $(if $(W),-Werror) $(sanitize)
ldlibs    = $(shell pkg-config --libs jansson libseccomp)
archives := $(foreach l,litmus report $(filter-out litmus report exam,$(LIBS)),$(O)/lib$(l).a)
examiners := $(LABS:%=%/grader/exam)
programs := $(DEMOS) $(GUARDED) $(TOOLS)
lib_srcs := $(foreach l,$(LIBS),$(wildcard cow/$(l)/*.c))
units    := $(patsubst %.c,%,$(wildcard tests/unit/*_test.c))
fixtures := $(patsubst %.c,%,$(wildcard tests/fixtures/*.c))
cxx_fixtures := $(patsubst %.cc,%,$(wildcard tests/fixtures/*.cc))
# What the README and the myths run of them; C++ where it is installed.
shown    := tests/fixtures/free_wrong \
	    $(if $(shell command -v $(CXX)),$(cxx_fixtures))
preload_srcs := $(wildcard cow/alloc/preload/*.c)
# Programs for an allocator that is preloaded; what several of them share.
bench_parts := $(patsubst %,tests/bench/%,live kinds)
benches  := $(filter-out $(bench_parts),$(patsubst %.c,%,$(wildcard tests/bench/*.c)))
sources  := $(lib_srcs) $(preload_srcs) \
	    $(addsuffix .c,$(programs) $(PARTS) $(units) $(fixtures) \
		$(benches) $(bench_parts)) \
	    $(foreach l,$(LABS),$(wildcard $(l)/*.c $(l)/grader/*.c))
headers  := $(wildcard cow/*/*.h cow/*/*/*.h tests/*/*.h \
	    $(foreach l,$(LABS),$(l)/*.h $(l)/grader/*.h))
scripts  := $(shell find scripts .ci tests -type f \
		\( -name '*.sh' -o -name '*.bash' -o -name '*.bats' \
		-o -path 'scripts/*' -o -path '.ci/*' \) \
		! -name '*.p[lm]' ! -name '*.txt' 2>/dev/null | sort)
perl     := $(wildcard scripts/*/*.p[lm])

.PHONY: all deps-test demo perf test test-long stress lint format install uninstall clean help \
	deps-build deps-run deps-lint test-kernels tests-build sweep sweep-others \
	kill-guards bench-guard bench bench-counts \
	bench-fork deps-bench plot-tradeoff litmus-random litmus-rules \
	labs lab check-lab class-lab lab-release check-labs \
	$(addprefix demo-,$(notdir $(DEMOS) $(GUARDED)))
# Made once more, when what it needs is installed; what is there already is no news.
again = $(MAKE) --no-print-directory $(if $(V),,-s)
.DELETE_ON_ERROR:
.SECONDARY:

all: deps-build $(addprefix $(O)/,$(programs)) $(PRELOADS:%=$(O)/%.so) \
	$(foreach l,$(LABS),$(O)/labs/$(notdir $(l))/exam) \
	$(addprefix $(O)/,$(if $(STATIC),$(benches),$(shown)))

$(O)/%.o: %.c | deps-build
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(cflags) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

define archive
$(O)/lib$(1).a: $(patsubst %.c,$(O)/%.o,$(wildcard cow/$(1)/*.c))
	$$(call say,AR,$$@)rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach l,$(LIBS),$(eval $(call archive,$(l))))

$(O)/cow/tools/doctor: $(patsubst %,$(O)/cow/tools/doctor_%.o,host damon)
$(O)/cow/tools/fail: $(O)/cow/tools/fail_sweep.o
$(O)/cow/tools/ledger: $(O)/cow/tools/ledger_print.o
$(O)/cow/tools/litmus: $(O)/cow/tools/litmus_machine.o \
	$(O)/cow/tools/litmus_random.o
$(O)/cow/tools/sandbox: $(patsubst %,$(O)/cow/tools/sandbox_%.o,rules decide profile)
$(O)/cow/tools/myths: $(patsubst %,$(O)/cow/tools/myths_%.o, \
	course people facts claim run say)
$(addprefix $(O)/,$(examiners)): $(O)/libexam.a
$(addprefix $(O)/,$(programs) $(examiners) $(fixtures)): $(O)/%: $(O)/%.o $(archives)
	$(call say,LD,$@)$(CC) $(sanitize) $(LDFLAGS) -pthread -o $@ \
		$(filter %.o,$^) $(filter %/libexam.a,$^) \
		$(archives) $(ldlibs) $(LDLIBS)

$(addprefix $(O)/,$(units)): $(O)/%: $(O)/%.o $(archives)
	$(call say,LD,$@)$(CC) $(sanitize) $(LDFLAGS) -pthread -o $@ $< \
		$(archives) $(ldlibs) $$(pkg-config --libs cmocka) $(LDLIBS)

$(addprefix $(O)/,$(cxx_fixtures)): $(O)/%: %.cc
	@mkdir -p $(@D)
	$(call say,CXX,$@)$(CXX) -std=c++17 -Wall -Wextra $(CFLAGS) -o $@ $<

# Bound at once: the first call of a function must not write to a page later.
$(addprefix $(O)/,$(benches)): $(O)/%: $(O)/%.o $(bench_parts:%=$(O)/%.o) \
		$(own_malloc:%=$(O)/cow/alloc/preload/%.o) \
		$(O)/libobserve.a $(O)/liballoc.a
	$(call say,LD,$@)$(CC) $(sanitize) $(LDFLAGS) -pthread -o $@ $^ \
		-Wl,-z,now $(LDLIBS)

# All that handing out and grading a lab takes; its examiner goes in last.
define kit
$(O)/$(1)/grader/exam: $(patsubst %.c,$(O)/%.o,$(wildcard $(1)/grader/exam_*.c))
$(O)/labs/$(notdir $(1))/exam: $(O)/$(1)/grader/exam \
		$(patsubst %.c,$(O)/%.o,$(wildcard $(1)/grader/subject.c)) \
		$(wildcard $(1)/*.*) $(wildcard scripts/lab/*) cow/exam/student.mk
	$$(call say,KIT,$$(@D))scripts/lab/kit $(1) $(O) $$(@D)
endef
$(foreach l,$(LABS),$(eval $(call kit,$(l))))

# Of what is in the archive only what is needed, and nothing of it to be seen.
preload  := family heap stats
$(O)/libcowalloc.so: preload += plain
$(O)/libcowrecord.so: preload += ids record
$(PRELOADS:%=$(O)/%.so): $(preload_srcs:%.c=$(O)/%.o) $(O)/liballoc.a
	$(call say,LD,$@)$(CC) $(sanitize) $(LDFLAGS) -pthread -shared -o $@ \
		$(preload:%=$(O)/cow/alloc/preload/%.o) $(O)/liballoc.a \
		-Wl,--exclude-libs,ALL -Wl,-z,defs -Wl,-z,now

-include $(patsubst %.c,$(O)/%.d,$(sources))

# ---- what it needs ---------------------------------------------------------

# A plain build only says what is missing; what runs installs it.
deps-build:
	@NO_INSTALL=1 scripts/deps build
deps-run:
	@scripts/deps run
deps-test:
	@scripts/deps test
deps-bench:
	@scripts/deps bench || echo 'bench: what is missing is left out' >&2
deps-lint:
	@scripts/deps lint

# ---- what it does ----------------------------------------------------------

## Build everything (the default)
all:

# Demos run in the sandbox, which changes no count; SANDBOX= runs them free.
SANDBOX ?= demo
tour = SANDBOX=$(SANDBOX) FREE="$(FREE) $(GUARDED)" scripts/tour $(O) \
	$(DEMOS) $(GUARDED) --

## Run all demos in turn: a tour (ARGS= options for all of them)
demo: deps-run
	@$(again) all
	@$(tour) $(ARGS)

.PHONY: lecture myths
# The sandbox lets nobody change a terminal, which single keys need.
lecture: SANDBOX :=
## The same for a teacher: a key goes on, q leaves
lecture: deps-run
	@$(again) all
	@$(tour) --pause $(ARGS) || [ $$? = 130 ]


## Run one demo, such as demo-fork_cow
demo-NAME:
	@echo "say which: $(addprefix demo-,$(notdir $(DEMOS)))" >&2; exit 2

define demo
demo-$(notdir $(1)): deps-run
	@$$(again) $(O)/$(1)
	@$(O)/$(1) $$(ARGS)
endef
$(foreach d,$(DEMOS) $(GUARDED),$(eval $(call demo,$(d))))

## Draw copy-on-write against copying, as build/tradeoff.svg
plot-tradeoff: $(O)/cow/tradeoff
	@scripts/deps plot
	@scripts/plot/tradeoff.sh $< $(O)/tradeoff.svg

## Settle what people believe about memory, by running the demos
myths: deps-run
	@$(again) all
	@$(O)/cow/tools/myths $(ARGS)

## Compare every demo's prediction and count with perf's
perf: deps-run
	@$(again) all
	@scripts/perf/all.sh $(addprefix $(O)/,$(DEMOS))

TIMES ?= 3
TESTS ?= $(wildcard tests/*.bats)
# A sanitizer has a malloc, limits, faults and times of its own.
UNSANITIZED := $(if $(SAN),$(addprefix sbrkdemo/,foreign malloc_rules \
	realloc_rules stock promise) mmapdemo/threshold \
	cow/free_in_child cow/denied cow/tradeoff)
run_tests = COW_BUILD=$(abspath $(O)) COW_ROOT=$(CURDIR) \
	COW_DEMOS="$(filter-out $(UNSANITIZED),$(DEMOS))" COW_LEFT_OUT="$(UNSANITIZED)" \
	COW_FREE="$(FREE)" COW_TIMES="$(TIMES)" COW_TIMED="$(TIMED)" COW_SOME="$(SOME)" \
	COW_LABS="$(LABS)" COW_PROGRAMS="$(programs)" SAN=$(SAN) scripts/test

## Run the tests, a few minutes (TESTS= some files of tests/)
test: deps-test
	@$(again) all tests-build
	@$(run_tests) '!long' $(TESTS)

## Run the rest of them: more sizes, users, seeds (TESTS=)
test-long: deps-test
	@$(again) all tests-build
	@$(run_tests) long $(TESTS)

tests-build: $(addprefix $(O)/,$(units) $(fixtures) $(cxx_fixtures) $(benches))

## Run the allocator for long: a million calls, 100,000 forks
stress:
	@$(again) all tests-build
	COW_OPS=1000000 $(O)/tests/unit/alloc_shadow_test
	for policy in first best; do \
		COWALLOC=policy=$$policy \
		LD_PRELOAD=$(abspath $(O))/libcowalloc.so \
			$(O)/tests/fixtures/fork_threads 100000 || exit; \
	done

## Refuse each memory call of every program (ONLY=, PART=2/5)
sweep: deps-run
	@$(again) all tests-build
	@COW_BUILD=$(abspath $(O)) ONLY="$(ONLY)" PART=$(PART) scripts/guard/sweep.sh \
		"$(DEMOS) $(GUARDED)" "$(TIMED)" "$(units)"

## Compare refused calls of other programs with strace's
sweep-others: deps-run
	@$(again) all
	@COW_BUILD=$(abspath $(O)) scripts/guard/against_strace.sh

## Kill guards in every way, as root and as nobody (ROUNDS=, 20)
kill-guards: deps-run
	@$(again) all tests-build
	@COW_BUILD=$(abspath $(O)) scripts/guard/kill.sh $(or $(ROUNDS),20)
	@[ "$$(id -u)" -ne 0 ] || AS="setpriv --reuid=65534 --regid=65534 \
		--clear-groups" COW_BUILD=$(abspath $(O)) \
		scripts/guard/kill.sh $(or $(ROUNDS),20)

## Measure what a counted call costs, beside strace
bench-guard: deps-run
	@$(again) all tests-build
	@COW_BUILD=$(abspath $(O)) scripts/bench/guard.sh

## Compare the allocator with its peers (ROUNDS=, ONLY=)
bench: deps-bench
	@$(again) all $(addprefix $(O)/,$(benches))
	@mkdir -p $(O)/bench
	@COW_BUILD=$(abspath $(O)) ROUNDS=$(ROUNDS) ONLY="$(ONLY)" \
		scripts/bench/cpu.sh $(O)/bench/cpu.csv
	@scripts/bench/table.sh $(O)/bench/cpu.csv $(O)/bench/cpu-medians.csv
	@scripts/bench/chart.sh $(O)/bench/cpu-medians.csv $(O)/bench/cpu.svg

## Count instructions and cache misses of the same (ONLY=)
bench-counts: deps-bench
	@$(again) all $(addprefix $(O)/,$(benches))
	@mkdir -p $(O)/bench
	@COW_BUILD=$(abspath $(O)) ROUNDS=1 ONLY="$(ONLY)" \
		MEASURE=$(abspath scripts/bench/count.sh) \
		scripts/bench/cpu.sh $(O)/bench/counts.csv
	@scripts/bench/table.sh $(O)/bench/counts.csv $(O)/bench/counts-all.csv counts

## Count what a fork costs on each allocator (SEEDS=, ONLY=)
bench-fork: deps-bench
	@$(again) all $(addprefix $(O)/,$(benches))
	@mkdir -p $(O)/bench
	@COW_BUILD=$(abspath $(O)) SEEDS="$(SEEDS)" ONLY="$(ONLY)" \
		scripts/bench/fork.sh $(O)/bench/fork.csv $(O)/bench/fork-others.csv
	@scripts/bench/fork_table.sh $(O)/bench/fork.csv \
		$(O)/bench/fork-others.csv $(O)/bench/fork-medians.csv
	@scripts/bench/fork_chart.sh $(O)/bench/fork-medians.csv $(O)/bench/fork.svg

## Compare model and kernel in random sequences (N=, SEED=)
N    ?= 10000
SEED ?= 1
litmus-random: $(O)/cow/tools/litmus
	$(O)/cow/tools/litmus --random $(N) --seed $(SEED) --out $(O)

## Leave each rule out of the model: is it noticed?
litmus-rules: $(O)/cow/tools/litmus
	scripts/litmus-rules $(O)/cow/tools/litmus $(O) $(SEED)

lab = COW_BUILD=$(abspath $(O)) COW_TREE=$(CURDIR) scripts/lab/cow-lab

## List the teaching labs
labs: all
	@$(lab) list

## Hand out a lab: LAB=01_bump DIR=folder, which is made
lab: all
	@$(lab) give '$(LAB)' '$(DIR)'

## Grade a lab: LAB=01_bump DIR=folder; ARGS=--json or --tap
check-lab: all
	@$(lab) check $(ARGS) '$(LAB)' '$(DIR)'

## Grade a class: LAB=01_bump DIR=folder of folders, CSV=file
CSV ?= /dev/stdout
class-lab: all
	@$(lab) class '$(LAB)' '$(DIR)' >'$(CSV)'

## Pack all labs for students, without solutions and graders
lab-release: all
	@$(lab) release $(O)/cowkit-labs.tar.gz

## Try every lab's grader with all its wrong solutions
check-labs: all
	@$(lab:%cow-lab=%try) $(LABS)

ARCH ?= amd64
# Boots machines in an emulator; RANDOM_RUNS=, MINUTES=, KERNELS= of them.
## Run all on other kernels, 6.1 and 6.12 (ARCH=arm64)
test-kernels:
	@O=$(O) ARCH=$(ARCH) COW_DEMOS="$(DEMOS) $(GUARDED)" scripts/vm/test-kernels $(KERNELS) || \
		[ $$? = 4 ]

## Check the sources: format, style, analysis, documentation
lint: deps-lint
	@O=$(O) scripts/lint "$(sources)" "$(headers)" "$(scripts)" "$(perl)"

## Format the sources
format: deps-lint
	$(call say,FORMAT,sources)clang-format -i $(sources) $(headers)

## Install the programs below $(DESTDIR)$(PREFIX)
install: all
	$(Q)install -d $(below)/bin $(below)/lib $(below)/share/cowkit
	$(Q)for p in $(DEMOS) $(GUARDED); do \
		install $(O)/$$p $(below)/bin/cow-demo-$${p##*/} || exit; \
	done
	$(Q)for p in $(TOOLS); do \
		install $(O)/$$p $(below)/bin/cow-$${p##*/} || exit; \
	done
	$(Q)install scripts/lab/cow-lab $(below)/bin
	$(Q)cp -R $(O)/labs $(below)/share/cowkit
	$(Q)install $(PRELOADS:%=$(O)/%.so) $(below)/lib

## Remove what make install installed, in the same place
uninstall:
	$(Q)rm -f $(addprefix $(below)/bin/cow-,lab $(notdir $(TOOLS)) \
			$(addprefix demo-,$(notdir $(DEMOS) $(GUARDED)))) \
		$(PRELOADS:%=$(below)/lib/%.so)
	$(Q)rm -rf $(below)/share/cowkit

## Remove what was built
clean:
	$(call say,CLEAN,$(O))rm -rf $(O)

## Show this list
help:
	@echo 'Targets:'
	@awk '/^## / { text = substr($$0, 4); next } \
		text && /^[a-zA-Z-]+:/ { sub(/:.*/, ""); \
			printf "  %-14s %s\n", $$0, text; text = "" }' Makefile
	@echo 'Variables:'
	@echo '  O=DIR      output folder (build)      V=1  show commands'
	@echo '  SAN=LIST   sanitizers, such as address,undefined'
	@echo '  W=1        warnings are errors        ARGS=  options for demo-NAME'
	@echo '  TESTS=LIST bats files to run          NO_INSTALL=1  install nothing'
	@echo '  TIMES=N    how often test-long runs the demos at 4096 pages (3)'
