# SPDX-License-Identifier: MIT
#
# The front door. A C compiler and make are all it takes:
#
#     make                    build/weft, build/libweft.a, build/libweft.so
#     make tour               shows the model at work
#     make test               builds and runs the tests (by Meson and cmocka)
#     make bench              times weft beside its peers, as far as installed
#     make bench-peers        installs those peers that Debian has
#     make parity             runs the same programs here and in CPython
#     make stress             runs random programs against a shadow of the heap
#     make install PREFIX=/usr/local DESTDIR=
#     make clean
#
# CC, CFLAGS and LDFLAGS are yours to set. WERROR=1 makes warnings errors.
# CHECKED=1 builds the checked library, into build/checked. The objects of each
# flavour have a folder of their own, and are made again when the flags change.

CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow \
    -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual
NEEDED := -std=c11 -Iinclude -pthread

out := build
ifdef CHECKED
out := build/checked
NEEDED += -DWEFT_CHECKED
endif
ifdef WERROR
WARNINGS += -Werror
endif

version := $(shell sed -n 's/.define WEFT_VERSION "\(.*\)"/\1/p' include/weft.h)
major := $(firstword $(subst ., ,$(version)))

ifeq ($(shell uname -s),Darwin)
shared := libweft.$(version).dylib
soname := libweft.$(major).dylib
plain := libweft.dylib
share := -dynamiclib -Wl,-install_name,$(LIBDIR)/$(soname)
else
shared := libweft.so.$(version)
soname := libweft.so.$(major)
plain := libweft.so
share := -shared -Wl,-soname,$(soname)
endif

sources := $(sort $(wildcard src/*/*.c))
commands := $(sort $(wildcard cli/*.c))
static_objects := $(sources:%.c=$(out)/static/%.o)
shared_objects := $(sources:%.c=$(out)/shared/%.o)
command_objects := $(commands:%.c=$(out)/static/%.o)
objects := $(static_objects) $(shared_objects) $(command_objects)

compile = $(CC) $(NEEDED) $(CPPFLAGS) $(CFLAGS) $(WARNINGS)
link = $(CC) $(CFLAGS) $(LDFLAGS) -pthread

.PHONY: all tour test bench bench-peers parity stress install clean
.DELETE_ON_ERROR:

all: $(out)/weft $(out)/libweft.a $(out)/$(plain)

# A file that changes when the flags do, for everything to depend on.
flags := $(compile) | $(link) | $(share)
ifneq ($(flags),$(shell cat $(out)/flags 2>/dev/null))
.PHONY: $(out)/flags
endif
$(out)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' '$(flags)' > $@

$(out)/static/%.o: %.c $(out)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -c $< -o $@

$(out)/shared/%.o: %.c $(out)/flags
	@mkdir -p $(@D)
	$(compile) -fPIC -MMD -MP -c $< -o $@

# An archive keeps members whose source is gone: it is made from nothing.
$(out)/libweft.a: $(static_objects)
	rm -f $@
	$(AR) rcs $@ $^

$(out)/$(shared): $(shared_objects)
	$(link) $(share) $^ -o $@

$(out)/$(plain): $(out)/$(shared)
	ln -sf $(shared) $(out)/$(soname)
	ln -sf $(soname) $@

$(out)/weft: $(command_objects) $(out)/libweft.a
	$(link) $^ -o $@

-include $(objects:.o=.d)

tour: $(out)/weft
	$(out)/weft tour

# Meson configures again every time, so that it sees new files.
meson := build/meson$(if $(filter-out cc,$(CC)),-$(notdir $(CC)))

test:
	@sh scripts/test-tools
	@mkdir -p build
	@if [ -f $(meson)/build.ninja ]; \
	    then meson setup --reconfigure $(meson); \
	    else CC="$(CC)" meson setup $(meson); fi > $(meson).log 2>&1 \
	    || { cat $(meson).log; exit 1; }
	meson test -C $(meson) --verbose

bench: all
	bench/run

bench-peers:
	@sh scripts/bench-peers

parity: all
	tests/parity/run

stress:
	tests/stress/run

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include \
	    $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 755 $(out)/weft $(DESTDIR)$(PREFIX)/bin/weft
	install -m 644 include/* $(DESTDIR)$(PREFIX)/include
	install -m 644 $(out)/libweft.a $(DESTDIR)$(LIBDIR)/libweft.a
	install -m 755 $(out)/$(shared) $(DESTDIR)$(LIBDIR)/$(shared)
	ln -sf $(shared) $(DESTDIR)$(LIBDIR)/$(soname)
	ln -sf $(soname) $(DESTDIR)$(LIBDIR)/$(plain)
	sed -e 's|@prefix@|$(PREFIX)|' -e 's|@libdir@|$(LIBDIR)|' \
	    -e 's|@version@|$(version)|' \
	    -e 's|@defines@|$(if $(CHECKED), -DWEFT_CHECKED)|' weft.pc.in \
	    > $(DESTDIR)$(LIBDIR)/pkgconfig/weft.pc

clean:
	rm -rf build
