# SPDX-License-Identifier: MIT
# tcptop: `make` builds build/tcptop, `make run` also installs what is missing and opens it,
# `make test` installs what the tests need and runs them. `make help` lists the rest.
# V=1 shows commands; NO_DEPS=1 forbids installing; B is the build directory; JOBS compilers run.
# NAME is what the program is called, its pages, completions, unit and configuration too; another
# one than tcptop wants a build directory of its own.

VERSION := 1.0.0
NAME    ?= tcptop
B       ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
UNITDIR ?= $(PREFIX)/lib/systemd/system
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
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
# With ASan, half of what a start takes is to relocate the descriptions of all checks, where the program
# may be loaded anywhere, and to load the libraries of the sanitizers. So it has a fixed address, and
# these in it; clang puts them there unasked.
FIXED := $(findstring address,$(SANITIZE))
PIE_CFLAGS  := $(if $(FIXED),-fno-pie,-fPIE)
PIE_LDFLAGS := $(if $(FIXED),-no-pie $(if $(findstring clang,$(CC)),,-static-libasan -static-libubsan),-pie)
# Another name: the texts are read from copies that say it. SOURCE_DATE_EPOCH asks for a build that
# does not depend on its place.
NAMED     := $(if $(filter-out tcptop,$(NAME)), -I$B/named -DTCPTOP_NAME='"$(NAME)"')
PLACELESS := $(if $(SOURCE_DATE_EPOCH), -ffile-prefix-map=$(CURDIR)=.)
PROJECT_CFLAGS = -std=gnu17$(NAMED) -Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
	-DTCPTOP_VERSION='"$(VERSION)"' $(PIE_CFLAGS) -pthread -MMD -MP $(WARN) $(WERROR) $(HARDEN) $(PROBED) \
	$(SANITIZER) $(COVERAGE)$(PLACELESS)
PROJECT_LDFLAGS := $(PIE_LDFLAGS) -pthread -Wl,-z,relro,-z,now $(SANITIZER) $(COVERAGE)
LIBS      := -lncursesw -ltinfo -lmnl -lcares -liniparser -lzstd
TEST_LIBS := -lcmocka -ljansson -lm
TEST_CFLAGS := -Itests -Wno-missing-prototypes # tests see the program's own headers and tests/lib

SOURCES := $(filter-out src/main.c,$(wildcard src/*/*.c src/*/*/*.c))
OBJECTS := $(SOURCES:%.c=$B/%.o)
LIB     := $B/libtcptop.a

# Test programs: one per file; each takes what it uses of tests/lib/*.c.
# With a sanitizer nobody measures speed. Where TESTS asks for tests of unit/ only, the others are not built.
TEST_SOURCES := $(wildcard tests/unit/*.c tests/net/*.c tests/fuzz/*.c tests/bench/*.c tests/data/*.c)
TEST_BUILT   := $(if $(SANITIZE),$(filter-out tests/bench/%,$(TEST_SOURCES)) tests/bench/anatomy.c,$(TEST_SOURCES))
ifneq ($(TESTS),)
ifeq ($(filter-out unit tests/unit tests/unit/%,$(TESTS)),)
TEST_BUILT   := $(wildcard tests/unit/*.c tests/data/*.c)
endif
endif
TEST_BINS    := $(TEST_BUILT:%.c=$B/%)
TEST_LIB_OBJ := $(patsubst %.c,$B/%.o,$(wildcard tests/lib/*.c))
TEST_LIB     := $B/libtests.a

.PHONY: all run test faults arches kernels terminals deps deps-test deps-lint force lint analyze asan ubsan tsan \
	cover bench fuzz install uninstall screenshots clean help tests-built clang-reads asan-built ubsan-built tsan-built \
	man completions alerts deb deps-deb rpm deps-rpm
.SECONDARY:

all: $B/$(NAME)

help:
	@echo 'targets: all man completions alerts run test faults arches kernels terminals deps lint analyze asan'
	@echo '         ubsan tsan cover bench fuzz screenshots install uninstall deb rpm clean'
	@echo 'variables: B CC CFLAGS JOBS NAME PREFIX DESTDIR UNITDIR ZSHDIR TOOLS NO_DEPS V'

$B/$(NAME): $B/src/main.o
$B/manual: $B/src/manual.o
$B/completions: $B/src/completions.o
$B/alerts: $B/src/alerts.o
$B/$(NAME) $B/manual $B/completions $B/alerts: $(LIB)
	@echo "  LD   $@"
	$Q$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

# Under another name the word changes wherever it stands alone, but not the ending of recordings.
RENAME := s/(^|[^.[:alnum:]])tcptop\b/\1$(NAME)/g
TEXTS  := $(if $(NAMED),$(patsubst include/%,$B/named/%,$(wildcard include/tcptop/text/*/*.def)))
$B/named/%: include/%
	@mkdir -p $(@D)
	$QLC_ALL=C sed -E '/^#include/!$(RENAME)' $< >$@

# What installed texts say of names and places; the file changes only when these do.
PLACES := $(RENAME); s/TCPTOP/$(shell echo '$(NAME)' | tr a-z A-Z)/; s|@PREFIX@|$(PREFIX)|g
$B/places: force
	@mkdir -p $B
	$(file >$B/places.new,$(PLACES))
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# The pages of the manual and the completions, made by programs of this build; TOOLS is the directory
# of a build for this machine where CC makes programs for another one.
TOOLS  ?= $B
MAN    := $(addprefix $B/man/,tcptop.1 tcptop.ini.5 ko/tcptop.1 ko/tcptop.ini.5)
SHELLS := $(addprefix $B/shells/,tcptop.bash _tcptop tcptop.fish)
make-page  = $(TOOLS)/manual $(if $(findstring /ko/,$@),ko,en) $(filter config/%,$^)
make-shell = $(TOOLS)/completions $(or $(filter bash fish,$(subst .,,$(suffix $@))),zsh) $(filter config/%,$^)
man: $(MAN)
completions: $(SHELLS)
$(MAN): $B/man/%: config/man/% $(TOOLS)/manual
$(SHELLS): $B/shells/%: config/completions/% $(TOOLS)/completions
$(MAN) $(SHELLS): $B/places
	@mkdir -p $(@D)
	@echo "  GEN  $@"
	$Q$(if $(filter $(MAN),$@),$(make-page),$(make-shell)) >$@.new
	$QLC_ALL=C sed -E -f $B/places $@.new >$@ && rm $@.new

# The alerts for Prometheus are part of the tree, so that they can be taken from it; a test compares.
alerts: $B/alerts
	$Q$B/alerts >config/prometheus/tcptop.rules.yml

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

PROGRAM_OBJECTS := $(OBJECTS) $(addprefix $B/src/,main.o manual.o completions.o alerts.o)
$(PROGRAM_OBJECTS): | $B/deps-build $(TEXTS)
$(TEST_BINS:=.o) $(TEST_LIB_OBJ): | $B/deps-unit

$B/%.o: %.c $B/flags
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$Q$(CC) $(PROJECT_CFLAGS) $(CFLAGS) $(EXTRA) -c -o $@ $<

$B/tests/%.o: EXTRA = $(TEST_CFLAGS)

$(TEST_BINS): $B/tests/%: $B/tests/%.o $(TEST_LIB) $(LIB)
	@echo "  LD   $@"
	$Q$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)

tests-built: all man completions $B/alerts $(TEST_BINS)

# What clang has to say of each source, for which reading it is enough. clang-check reads many in one
# process; a process of clang for each would start for longer than it reads.
READ := $(patsubst %,read-%,$(sort $(dir src/main.c $(SOURCES) $(TEST_SOURCES) tests/lib/)))
.PHONY: $(READ)
clang-reads: $(READ)
$(READ): read-%:
	$Qclang-check $(wildcard $**.c) -- $(PROJECT_CFLAGS) $(CFLAGS) $(if $(filter tests/%,$*),$(TEST_CFLAGS))

deps:
	$QCC='$(CC)' sh config/deps.sh build

deps-test:
	$QCC='$(CC)' sh config/deps.sh test

deps-lint:
	$QCC='$(CC)' sh config/deps.sh lint

deps-deb:
	$QCC='$(CC)' sh config/deps.sh deb

deps-rpm:
	$QCC='$(CC)' sh config/deps.sh rpm

# The parts are made by a second make, since what it needs may just have been installed.
run: deps
	$Q$(MAKE) --no-print-directory -j$(JOBS) all
	$Q$B/$(NAME) $(ARGS)

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

# KERNELS names releases of Debian; see tests/kernels.sh.
kernels:
	$Qbash tests/kernels.sh $(KERNELS)

# Pictures of real terminals are left in $B/terminals; see tests/view/terminals.sh.
terminals: deps-test
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests-built
	$Qbash tests/view/terminals.sh $B $B/terminals

# asan holds ubsan; each also comes as NAME-built, without the tests.
asan ubsan tsan: %: %-built
	$Q$(MAKE) --no-print-directory test $(SANITIZED)
asan-built ubsan-built tsan-built: deps-test
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests-built $(SANITIZED)
SANITIZED = NO_DEPS=1 B=build/$(@:-built=) CFLAGS='-O1 -g1' SANITIZE=$(SANITIZER_$(@:-built=))
SANITIZER_asan  := address,undefined
SANITIZER_ubsan := undefined
SANITIZER_tsan  := thread
# What runs other programs than the one with the sanitizer, or asks that only for words and its version,
# is run once, by `make test`.
asan: export TEST_WITHOUT := tests/view/build_ tests/view/bench_report_ tests/view/completions_ tests/view/install_
# What is the work of one thread has no races: compiled tests that cannot start another, and frames that
# are drawn from a recording or from a made-up sample, of which there are hundreds.
tsan: export TEST_WITHOUT := tests/view/ tests/unit/view_
tsan: export TEST_THREADS := 1

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

define newline


endef
# Lines "MODE FILE TARGET" of all that is installed, below DESTDIR. The configuration is not among
# them: one that is there is never replaced, and only one that is unchanged is removed.
define INSTALLED
755 $B/$(NAME) $(PREFIX)/bin/$(NAME)
644 $B/man/tcptop.1 $(PREFIX)/share/man/man1/$(NAME).1
644 $B/man/tcptop.ini.5 $(PREFIX)/share/man/man5/$(NAME).ini.5
644 $B/man/ko/tcptop.1 $(PREFIX)/share/man/ko/man1/$(NAME).1
644 $B/man/ko/tcptop.ini.5 $(PREFIX)/share/man/ko/man5/$(NAME).ini.5
644 $B/shells/tcptop.bash $(PREFIX)/share/bash-completion/completions/$(NAME)
644 $B/shells/_tcptop $(ZSHDIR)/_$(NAME)
644 $B/shells/tcptop.fish $(PREFIX)/share/fish/vendor_completions.d/$(NAME).fish
644 $B/tcptop.desktop $(PREFIX)/share/applications/$(NAME).desktop
644 $B/tcptop.ini $(PREFIX)/share/doc/$(NAME)/$(NAME).ini
644 README.md $(PREFIX)/share/doc/$(NAME)/README.md
644 src/source/FORMAT.md $(PREFIX)/share/doc/$(NAME)/FORMAT.md
644 LICENSE $(PREFIX)/share/doc/$(NAME)/LICENSE
644 $B/prometheus/tcptop.rules.yml $(PREFIX)/share/$(NAME)/prometheus/$(NAME).rules.yml
644 $B/grafana/tcptop.json $(PREFIX)/share/$(NAME)/grafana/$(NAME).json
$(foreach unit,$(if $(UNITDIR),$(UNITS)),644 $B/tcptop-$(unit) $(UNITDIR)/$(NAME)-$(unit)$(newline))
endef
UNITS         := record.service metrics.service http.socket http@.service
CONFIGURATION := $(DESTDIR)/etc/$(NAME).ini
EDITED        := $(addprefix $B/,tcptop.desktop tcptop.ini prometheus/tcptop.rules.yml grafana/tcptop.json \
	$(UNITS:%=tcptop-%))

install uninstall: export INSTALLED := $(INSTALLED)
install: all man completions $(EDITED)
	$Qecho "$$INSTALLED" | while read -r mode file target; do \
		[ -z "$$mode" ] || install -D -m $$mode $$file "$(DESTDIR)$$target" || exit 1; done
	$Q[ -e '$(CONFIGURATION)' ] || install -D -m 644 $B/tcptop.ini '$(CONFIGURATION)'

uninstall: $(EDITED)
	$Qecho "$$INSTALLED" | while read -r mode file target; do \
		[ -z "$$mode" ] || rm -f "$(DESTDIR)$$target"; done
	$Qif cmp -s $B/tcptop.ini '$(CONFIGURATION)'; then rm -f '$(CONFIGURATION)'; fi
	$Qcd '$(DESTDIR)$(PREFIX)/share' 2>/dev/null && rmdir doc/$(NAME) $(NAME)/prometheus $(NAME)/grafana $(NAME) \
		2>/dev/null || true

$(EDITED): $B/%: config/% $B/places
	@mkdir -p $(@D)
	$QLC_ALL=C sed -E -f $B/places $< >$@

# Source and binary package in $B/deb; see config/deb.sh.
deb: deps-deb
	$Qsh config/deb.sh $B/deb $(VERSION)

# Those of rpm in $B/rpm; see config/rpm.sh.
rpm: deps-rpm
	$Qsh config/rpm.sh $B/rpm $(VERSION)

clean:
	rm -rf build

-include $(PROGRAM_OBJECTS:.o=.d) $(TEST_BINS:=.d) $(TEST_LIB_OBJ:.o=.d)
