# smap: GNU make, one file. `make help` lists the targets.
# PREFIX, DESTDIR, CC, CFLAGS, CPPFLAGS, LDFLAGS are honoured, in the environment and on the command line.

VERSION := 0.1.0

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
BASHDIR ?= $(DATADIR)/bash-completion/completions
ZSHDIR ?= $(DATADIR)/zsh/site-functions
FISHDIR ?= $(DATADIR)/fish/vendor_completions.d
INSTALL ?= install

CC ?= cc
CFLAGS ?= -O2 -g
MPICC ?= mpicc
# MPI=no builds without the module for --mpi; so does a machine without mpicc.
MPI ?= $(if $(shell command -v $(MPICC) 2>/dev/null),yes,no)

# Everything that is built lies under BUILD, but for the program itself and its module: another BUILD takes those along too.
BUILD ?= build
BIN := $(if $(filter build,$(BUILD)),,$(BUILD)/)
SMAP := $(BIN)smap
MODULE := $(BIN)smap-mpi.so
# Where MPICH is installed beside another MPI, a second module speaks to its launchers.
MPICC_MPICH ?= mpicc.mpich
MODULE_MPICH := $(if $(shell command -v $(MPICC_MPICH) 2>/dev/null),$(BIN)smap-mpi-mpich.so)

# Hardening that costs nothing here; FORTIFY wants the optimiser and is at odds with the sanitizers.
HARDEN := $(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),$(if $(findstring sanitize,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
override CPPFLAGS += -D_GNU_SOURCE -Isrc -DSMAP_VERSION='"$(VERSION)"' -DSMAP_LIBDIR='"$(LIBDIR)/smap"' $(HARDEN)
override CFLAGS += -std=c11 -Wall -Wextra -fstack-protector-strong -MMD -MP
# What a library opened in this process may call back is in the program, and nothing else of it can be seen: a function of the same name
# in a library means its own. (The MPI module needs nothing of the program.)
EXPORT := src/smap.syms
LINK := -pie -Wl,--dynamic-list=$(EXPORT) -Wl,-z,relro,-z,now

SRC := $(filter-out src/backend/mpi%.c, $(wildcard src/*.c src/*/*.c))
OBJ := $(SRC:src/%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libsmap.a
TESTSRC := $(wildcard tests/*.c)
TESTOBJ := $(TESTSRC:tests/%.c=$(BUILD)/tests/%.o)
MPISRC := $(wildcard src/backend/mpi*.c)
MPIOBJ := $(MPISRC:src/%.c=$(BUILD)/%.o)
MODULES := $(if $(filter yes,$(MPI)),$(MODULE) $(MODULE_MPICH))
WANTED := $(SMAP) $(MODULES)
EXAMPLES := $(patsubst examples/%.c,$(BUILD)/examples/%,$(wildcard examples/*.c))
# Workers are libraries, in the languages that are at hand.
have = $(shell command -v $(1) 2>/dev/null)
workers = $(patsubst $(1)/%.$(2),$(BUILD)/worker/lib%.so,$(wildcard $(1)/*.$(2)))
WORKERS := $(call workers,examples/worker,c) $(call workers,tests/worker,c) $(if $(call have,$(CXX)),$(call workers,examples/worker,cc)) \
    $(if $(call have,gfortran),$(call workers,examples/worker,f90)) $(if $(call have,rustc),$(call workers,examples/worker,rs))

# A library is linked from its archive where there is one: one shared object more would be paid at every start.
archive = $(or $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a)),-l$(1))
LDLIBS += $(if $(wildcard src/ask/jobfile.c),$(call archive,yaml))
LDLIBS += $(if $(wildcard src/work/signature.c),$(call archive,ffi) -lm)

MAN := $(wildcard man/*.[1-9])

all: $(WANTED) ## the program, and its module where there is an mpicc

$(SMAP): $(BUILD)/main.o $(LIB) $(EXPORT)
	$(CC) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $(BUILD)/main.o $(LIB) $(LDLIBS)

$(LIB): $(filter-out $(BUILD)/main.o, $(OBJ))
	rm -f $@
	$(AR) rcs $@ $^

$(MODULE): $(MPIOBJ)
	OMPI_CC='$(CC)' MPICH_CC='$(CC)' $(MPICC) $(CFLAGS) -shared $(LDFLAGS) -o $@ $^

ifneq ($(MODULE_MPICH),)
$(MODULE_MPICH): $(MPISRC) $(wildcard src/backend/transport.h) $(BUILD)/flags
	MPICH_CC='$(CC)' $(MPICC_MPICH) $(CPPFLAGS) $(filter-out -MMD -MP,$(CFLAGS)) -fPIC -shared $(LDFLAGS) -o $@ $(MPISRC)
endif

$(MPIOBJ): $(BUILD)/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	OMPI_CC='$(CC)' MPICH_CC='$(CC)' $(MPICC) $(CPPFLAGS) $(CFLAGS) -fPIC -c -o $@ $<

$(BUILD)/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fPIE -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $$(pkg-config --cflags check) -fPIE -c -o $@ $<

$(BUILD)/check_smap: $(TESTOBJ) $(LIB) $(EXPORT)
	$(CC) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $(TESTOBJ) $(LIB) $(LDLIBS) $$(pkg-config --libs check)

$(BUILD)/examples/%: examples/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -lm

$(BUILD)/worker/lib%.so: examples/worker/%.c src/smap.h
	@mkdir -p $(@D)
	$(CC) -Isrc -O2 -g -Wall -Wextra -shared -fPIC -o $@ $< -lm

$(BUILD)/worker/lib%.so: tests/worker/%.c src/smap.h
	@mkdir -p $(@D)
	$(CC) -Isrc -O2 -g -Wall -Wextra -shared -fPIC -o $@ $<

$(BUILD)/worker/lib%.so: examples/worker/%.cc src/smap.h
	@mkdir -p $(@D)
	$(CXX) -Isrc -O2 -g -Wall -Wextra -shared -fPIC -o $@ $<

$(BUILD)/worker/lib%.so: examples/worker/%.f90
	@mkdir -p $(@D)
	gfortran -O2 -g -Wall -J$(@D) -shared -fPIC -o $@ $<

$(BUILD)/worker/lib%.so: examples/worker/%.rs
	@mkdir -p $(@D)
	MAKEFLAGS= rustc -O --crate-type cdylib -C panic=abort -o $@ $<

# Other flags than last time: everything is compiled again.
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS))' > $@

examples: $(EXAMPLES) $(WORKERS) ## the programs and workers of examples/

unit: $(BUILD)/check_smap ## the unit tests alone
	CK_TIMEOUT_MULTIPLIER=$${CK_TIMEOUT_MULTIPLIER:-10} $(BUILD)/check_smap

check: all unit-built examples torture-built ## all tests; closes with "N passed, N failed"
	@BUILD='$(BUILD)' SMAP='$(SMAP)' sh scripts/suite

unit-built: $(BUILD)/check_smap

# The program that disturbs runs of smap, and the library that runs out of memory.
$(BUILD)/torture/attempt: $(wildcard tests/torture/[!n]*.[ch]) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 -O1 -g -Wall -Wextra -o $@ $(filter %.c,$^)

$(BUILD)/torture/nomem.so: tests/torture/nomem.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 -O1 -g -Wall -Wextra -shared -fPIC -o $@ $<

torture-built: $(BUILD)/torture/attempt $(BUILD)/torture/nomem.so

check-cluster: all examples ## tests on three hosts and under Slurm, on this one machine (as root)
	@SMAP='$(SMAP)' bash scripts/cluster/check

# Leaks are looked for too, but not in mpirun's own libraries (scripts/suite says which).
asan: ## all tests under address and undefined-behaviour sanitizers
	$(MAKE) BUILD=build/asan LDFLAGS='$(LDFLAGS)' \
	    CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' check

lint: ## compiler, cppcheck, mandoc, shellcheck: no line is a good line
	@CC='$(CC)' sh scripts/lint

bench: all ## measurements beside xargs and GNU parallel
	@for b in scripts/bench/*.sh; do [ ! -e "$$b" ] || SMAP='$(SMAP)' sh "$$b" || exit 1; done

ifneq ($(wildcard scripts/torture),)
torture: all torture-built ## fault injection
	@for t in scripts/torture/*.sh; do echo "== $$t"; BUILD='$(BUILD)' SMAP='$(SMAP)' bash "$$t" || exit 1; done
.PHONY: torture
endif

D = $(DESTDIR)
$(BUILD)/completions: $(SMAP) scripts/completions
	sh scripts/completions ./$(SMAP) $@

install: all $(BUILD)/completions ## into PREFIX (/usr/local), below DESTDIR
	$(INSTALL) -d '$(D)$(BINDIR)' '$(D)$(LIBDIR)/smap'
	$(INSTALL) -m 755 $(SMAP) '$(D)$(BINDIR)/smap'
	[ -z "$(MODULES)" ] || $(INSTALL) -m 644 $(MODULES) '$(D)$(LIBDIR)/smap/'
	for m in $(MAN); do \
	    $(INSTALL) -d "$(D)$(MANDIR)/man$${m##*.}" && $(INSTALL) -m 644 $$m "$(D)$(MANDIR)/man$${m##*.}/" || exit 1; done
	$(INSTALL) -d '$(D)$(BASHDIR)' '$(D)$(ZSHDIR)' '$(D)$(FISHDIR)'
	$(INSTALL) -m 644 $(BUILD)/completions/smap.bash '$(D)$(BASHDIR)/smap'
	$(INSTALL) -m 644 $(BUILD)/completions/_smap '$(D)$(ZSHDIR)/_smap'
	$(INSTALL) -m 644 $(BUILD)/completions/smap.fish '$(D)$(FISHDIR)/smap.fish'
	$(INSTALL) -d '$(D)$(INCLUDEDIR)' '$(D)$(LIBDIR)/pkgconfig'
	$(INSTALL) -m 644 src/smap.h '$(D)$(INCLUDEDIR)/smap.h'
	printf '%s\n' 'Name: smap-worker' 'Description: functions as workers of smap' 'Version: $(VERSION)' 'Cflags: -I$(INCLUDEDIR)' \
	    > '$(D)$(LIBDIR)/pkgconfig/smap-worker.pc'

uninstall: ## takes away what install put there
	rm -f '$(D)$(BINDIR)/smap' '$(D)$(LIBDIR)/smap/'smap-mpi*.so '$(D)$(INCLUDEDIR)/smap.h' \
	    '$(D)$(LIBDIR)/pkgconfig/smap-worker.pc'
	rm -f '$(D)$(BASHDIR)/smap' '$(D)$(ZSHDIR)/_smap' '$(D)$(FISHDIR)/smap.fish'
	for m in $(MAN); do rm -f "$(D)$(MANDIR)/man$${m##*.}/$${m##*/}"; done
	rmdir '$(D)$(LIBDIR)/smap' 2>/dev/null || true

DIST := smap-$(VERSION)
dist: ## dist/smap-VERSION.tar.gz of what is committed
	@mkdir -p dist
	git archive --prefix=$(DIST)/ -o dist/$(DIST).tar.gz HEAD

distcheck: dist ## builds, tests, installs and uninstalls that archive
	@sh scripts/distcheck dist/$(DIST).tar.gz

clean: ## removes what was built
	rm -rf build dist smap smap-mpi.so smap-mpi-mpich.so

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

force:

.PHONY: all unit unit-built torture-built check check-cluster asan examples lint bench install uninstall dist distcheck clean help force
.DELETE_ON_ERROR:
-include $(OBJ:.o=.d) $(MPIOBJ:.o=.d) $(TESTOBJ:.o=.d)
