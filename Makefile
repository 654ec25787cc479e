# SPDX-License-Identifier: MIT
# tcptop: `make` builds build/tcptop, `make run` also installs what is missing and opens it,
# `make test` installs what the tests need and runs them. `make help` lists the rest.
# V=1 shows commands; NO_DEPS=1 forbids installing; B is the build directory; JOBS compilers run.

VERSION := 1.0.0
B       ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
CFLAGS  ?= -O2 -g
LDFLAGS ?=
JOBS    ?= $(shell nproc)
Q       := $(if $(V),,@)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wpointer-arith -Wwrite-strings \
	-Wundef -Wvla -Wimplicit-fallthrough -Wswitch-enum -Wnull-dereference -Wdouble-promotion \
	-Wredundant-decls -Wunused-macros -fno-common -Wno-overlength-strings -Wno-psabi
HARDEN := $(if $(SANITIZE)$(filter -O0,$(CFLAGS)),,-D_FORTIFY_SOURCE=3) # needs optimising
# Flags that not every compiler knows are tried once, when the first object needs them. x87 keeps
# more digits than a double has where nothing forbids it.
PROBE  := $(if $(SANITIZE),,-fstack-protector-strong -fstack-clash-protection -fcf-protection) \
	-fexcess-precision=standard
PROBED  = $(eval PROBED := $(shell sh config/flags.sh '$B/flags-known' '$(CC)' $(PROBE)))$(PROBED)
SANITIZER := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all)
PROJECT_CFLAGS = -std=gnu17 -Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
	-DTCPTOP_VERSION='"$(VERSION)"' -fPIE -pthread -MMD -MP $(WARN) $(WERROR) $(HARDEN) $(PROBED) \
	$(SANITIZER) $(COVERAGE)
PROJECT_LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now $(SANITIZER) $(COVERAGE)
LIBS      := -lncursesw -ltinfo -lmnl -lcares -liniparser -lzstd
TEST_LIBS := -lcmocka -ljansson -lm
TEST_CFLAGS := -Itests -Wno-missing-prototypes # tests see the program's own headers and tests/lib

# SYNTAX_ONLY=1: read each source for its warnings and make an empty object of it.
COMPILE   = $(if $(SYNTAX_ONLY),-fsyntax-only -MF $(@:.o=.d) -MT $@,-c -o $@)
SOURCES := $(filter-out src/main.c,$(wildcard src/*/*.c src/*/*/*.c))
OBJECTS := $(SOURCES:%.c=$B/%.o)
LIB     := $B/libtcptop.a

# Test programs: one per file; each takes what it uses of tests/lib/*.c.
TEST_SOURCES := $(wildcard tests/unit/*.c tests/net/*.c tests/fuzz/*.c tests/bench/*.c tests/data/*.c)
TEST_BINS    := $(TEST_SOURCES:%.c=$B/%)
TEST_LIB_OBJ := $(patsubst %.c,$B/%.o,$(wildcard tests/lib/*.c))
TEST_LIB     := $B/libtests.a

.PHONY: all run test faults arches deps deps-test deps-lint force lint analyze asan ubsan tsan cover \
	bench fuzz install uninstall screenshots clean help tests-built objects asan-built ubsan-built tsan-built
.SECONDARY:

all: $B/tcptop

help:
	@echo 'targets: all run test faults arches deps lint analyze asan ubsan tsan cover bench fuzz'
	@echo '         screenshots install uninstall clean; variables: B CC CFLAGS JOBS PREFIX DESTDIR NO_DEPS V'

$B/tcptop: $B/src/main.o $(LIB)
	@echo "  LD   $@"
	$Q$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(LIB): $(OBJECTS)
$(TEST_LIB): $(TEST_LIB_OBJ)
$(LIB) $(TEST_LIB):
	@echo "  AR   $@"
	$Qrm -f $@ && $(AR) rcs $@ $^

# What objects are made with; the file changes only when that does, and the objects follow it.
$B/flags: force
	@mkdir -p $B
	$(file >$B/flags.new,$(CC) $(PROJECT_CFLAGS) $(CFLAGS) $(TEST_CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS))
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# What is missing is said at once, and not looked for again.
$B/deps-build $B/deps-unit: $B/deps-%: $B/flags
	@CC='$(CC)' NO_DEPS=1 sh config/deps.sh $*
	@touch $@

$(OBJECTS) $B/src/main.o: | $B/deps-build
$(TEST_BINS:=.o) $(TEST_LIB_OBJ): | $B/deps-unit

$B/%.o: %.c $B/flags
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$Q$(CC) $(PROJECT_CFLAGS) $(CFLAGS) $(EXTRA) $(COMPILE) $<
	$(if $(SYNTAX_ONLY),@touch $@)

$B/tests/%.o: EXTRA = $(TEST_CFLAGS)

$(TEST_BINS): $B/tests/%: $B/tests/%.o $(TEST_LIB) $(LIB)
	@echo "  LD   $@"
	$Q$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)

tests-built: $B/tcptop $(TEST_BINS)

objects: $(OBJECTS) $B/src/main.o $(TEST_BINS:=.o) $(TEST_LIB_OBJ)

deps:
	$QCC='$(CC)' sh config/deps.sh build

deps-test:
	$QCC='$(CC)' sh config/deps.sh test

deps-lint:
	$QCC='$(CC)' sh config/deps.sh lint

# The parts are made by a second make, since what it needs may just have been installed.
run: deps
	$Q$(MAKE) --no-print-directory -j$(JOBS) all
	$Q$B/tcptop $(ARGS)

test: deps-test
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests-built
	$Qbash tests/run.sh $B $(TESTS)

# FAULTS are the numbers of the families, FAULT_SECONDS is what each of the long tests lasts.
faults: deps-test
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests-built
	$Qbash tests/faults.sh $B $(FAULTS)

# ARCHES names them; see tests/arches.sh.
arches:
	$Qbash tests/arches.sh $(ARCHES)

# asan holds ubsan; each also comes as NAME-built, without the tests.
asan ubsan tsan: %: %-built
	$Q$(MAKE) --no-print-directory test $(SANITIZED)
asan-built ubsan-built tsan-built: deps-test
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests-built $(SANITIZED)
SANITIZED = NO_DEPS=1 B=build/$(@:-built=) CFLAGS='-O1 -g1' SANITIZE=$(SANITIZER_$(@:-built=))
SANITIZER_asan  := address,undefined
SANITIZER_ubsan := undefined
SANITIZER_tsan  := thread
# A frame that is drawn from a recording is the work of one thread, and there are hundreds of them.
tsan: export TEST_WITHOUT := tests/view/

lint: deps-lint
	$Qbash tests/lint.sh

analyze:
	$Qbash tests/analyze.sh

cover:
	$Q$(MAKE) --no-print-directory test B=build/cover CFLAGS='-O0 -g' COVERAGE=--coverage
	$Qbash tests/cover.sh build/cover

bench: deps-test
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests-built >&2
	$Qbash tests/bench/bench.sh $B $(BENCH)

fuzz: deps-lint
	$Qbash tests/fuzz/fuzz.sh $(FUZZ)

screenshots: deps
	$Q$(MAKE) --no-print-directory -j$(JOBS) $B/tcptop $B/tests/data/scenes
	$Qbash tests/view/screenshots.sh $B write

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/doc/tcptop
	install -m 755 $B/tcptop $(DESTDIR)$(PREFIX)/bin/tcptop
	install -m 644 config/tcptop.ini README.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/tcptop
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' config/tcptop-record.service >$B/tcptop-record.service
	install -m 644 $B/tcptop-record.service $(DESTDIR)$(PREFIX)/lib/systemd/system

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/tcptop $(DESTDIR)$(PREFIX)/lib/systemd/system/tcptop-record.service
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/tcptop

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $B/src/main.d $(TEST_BINS:=.d) $(TEST_LIB_OBJ:.o=.d)
