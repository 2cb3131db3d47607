# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Front door for humans and packagers.  Kbuild never reads this file: when a
# file named Kbuild exists next to it, kbuild prefers that one.  So there is
# no "ifneq ($(KERNELRELEASE),)" dance here, and dkms may put
# KERNELRELEASE=... on the command line as it pleases.

NAME    := xen-drm-front
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
KVER    ?= $(or $(KERNELRELEASE),$(shell uname -r))
KDIR    ?= /lib/modules/$(KVER)/build
DESTDIR ?=

# A kernel built by clang wants its modules built by clang.
llvm     = $(shell grep -qs '^CONFIG_CC_IS_CLANG=y' $(KDIR)/include/config/auto.conf && echo LLVM=1)
kbuild   = $(MAKE) -C $(KDIR) M=$(CURDIR) $(llvm)
dkms-src = $(DESTDIR)/usr/src/$(NAME)-$(VERSION)
modprobe = $(DESTDIR)/etc/modprobe.d/$(NAME).conf

.PHONY: all modules modules_install install clean help headers
all: modules

modules: headers
	$(kbuild) modules

modules_install install: headers
	$(kbuild) $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) INSTALL_MOD_DIR=updates modules_install

# Must work without kernel headers: dkms before 3.1.8 runs it by itself, and
# for a kernel of which nothing may be left.
clean:
	@if [ -e "$(KDIR)/Makefile" ] && $(kbuild) clean >/dev/null 2>&1; then :; else \
		find . -path ./.git -prune -o \( -name '*.o' -o -name '.*.cmd' -o -name '*.ko' -o -name '*.mod' \
			-o -name '*.mod.c' -o -name '.*.d' \) -type f -exec rm -f {} +; \
		rm -rf compat/generated Module.symvers modules.order .module-common.*; fi

define no_headers

error: no kernel headers for $(KVER) (looked in $(KDIR))
  Debian, Ubuntu:  sudo apt install linux-headers-$(KVER)
  Fedora, RHEL:    sudo dnf install kernel-devel-$(KVER)
  openSUSE:        sudo zypper install kernel-default-devel
  Arch:            sudo pacman -S linux-headers
  elsewhere:       make KDIR=/path/to/a/prepared/kernel/tree

endef
export no_headers

headers:
	@[ -e "$(KDIR)/Makefile" ] || { printf '%s\n' "$$no_headers" >&2; exit 1; }

## dkms

.PHONY: dkms-install dkms-uninstall dkms-check dkms-forget
dkms-check:
	@command -v dkms >/dev/null || { printf '%s\n' \
		"error: dkms is not installed" \
		"  Debian, Ubuntu:  sudo apt install dkms" \
		"  Fedora, RHEL:    sudo dnf install dkms   (RHEL: from EPEL)" \
		"  openSUSE:        sudo zypper install dkms" \
		"  Arch:            sudo pacman -S dkms" \
		"  without dkms:    make && sudo make modules_install, after each kernel update again" >&2; exit 1; }
	@[ "$$(id -u)" = 0 ] || { echo "error: dkms writes to /usr/src and /lib/modules; run it as root (sudo make ...)" >&2; exit 1; }

# What a package put there is the package manager's to take away.
dkms-forget: dkms-check
	@for query in "dpkg -S" "rpm -qf" "pacman -Qo"; do \
		command -v $${query%% *} >/dev/null && $$query $(dkms-src)/dkms.conf >/dev/null 2>&1 && { \
			echo "error: $(dkms-src) belongs to a package; use the package manager to remove $(NAME)" >&2; exit 1; }; \
	done; true
	@if dkms status -m $(NAME) -v $(VERSION) | grep -q .; then \
		dkms remove -m $(NAME) -v $(VERSION) --all; fi
	@rm -rf $(dkms-src)

dkms-install: headers dkms-forget
	@mkdir -p $(dkms-src)
	@find Kbuild Makefile dkms.conf COPYING $(wildcard src include compat) -path compat/generated -prune -o \
		\( -name '*.[ch]' ! -name '*.mod.c' -o -name '*.mk' -o ! -name '*.*' -o -name dkms.conf \) -type f -print0 | \
		tar --create --null --files-from=- --owner=0 --group=0 | tar --extract --no-same-owner -C $(dkms-src)
	dkms add -m $(NAME) -v $(VERSION)
	dkms build -m $(NAME) -v $(VERSION) -k $(KVER)
	dkms install -m $(NAME) -v $(VERSION) -k $(KVER)
	@install -D -m 644 debian/$(NAME).conf $(modprobe)
	@dkms status -m $(NAME)

dkms-uninstall: dkms-forget
	@rm -f $(modprobe)
	@echo "$(NAME) $(VERSION) is removed from dkms and from /usr/src"

## for a bug report; also in /usr/src/xen-drm-front-VERSION

.PHONY: report
report:
	@sh compat/report

## packages; they appear in dist/

.PHONY: dist deb rpm
dist deb rpm:
	tests/install/package $@

## tests

.PHONY: demo check check-all bench check-build check-debug check-install check-unit
demo:
	tests/vm/demo
check:
	tests/check
check-all:
	tests/check --all
bench:
	tests/bench/run
check-build:
	tests/build/matrix
check-debug:
	tests/check debug kcsan
check-unit:
	$(MAKE) -C tests/unit check
check-install:
	tests/install/run --all

define help_text
xen_drm_front $(VERSION): a display for Xen guests (XenBus vdispl, DRM/KMS)

For the running kernel, or another with KVER=6.12.0-amd64 or KDIR=/path/to/tree:
  make                  build xen_drm_front.ko
  make modules_install  put it below /lib/modules (DESTDIR=... for packagers); also "install"
  make dkms-install     hand the source to dkms, build and install; again at each kernel update
  make dkms-uninstall   take all of that away
  make clean            remove what was built (needs no headers)

When something is wrong:
  make -s report        what to send with a bug report, on standard output

Packages, in dist/ (deb and rpm on a Debian machine; what they need is fetched):
  make dist             the source, xen-drm-front-VERSION.tar.gz
  make deb              Debian packages
  make rpm              RPM packages

Try it and test it (a Debian machine; everything needed is fetched):
  make demo             a Xen guest with two screens under QEMU; prints where the pictures are
  make check            the tests that take minutes
  make check-all        all tests on all supported kernels
  make check-build      build for every supported kernel, amd64 and arm64
  make check-debug      tests on a kernel built to find mistakes (KASAN, lockdep, kmemleak, KCSAN...)
  make check-unit       unit tests of the parts that need no kernel
  make check-install    packages on Debian 11, 12, 13 and testing

Add V=1 to see the commands, W=1 for more warnings.
endef
export help_text
help:
	@printf '%s\n' "$$help_text"
