# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Ask the kernel we are building for what it has, one tiny C file a question.
#
#   compat/probes/have_foo.c  compiles      ->  #define XDF_HAVE_FOO 1
#                             does not      ->  /* #undef XDF_HAVE_FOO */
#   compat/probes/need_foo.c  does not      ->  the build stops and says why
#
# A header may declare what the kernel does not export: for each symbol of a line
# "exported: ..." of the probe, Module.symvers must have it, where there is one.
#
# The probes are ordinary make targets built with kbuild's own $(CC) and
# $(c_flags), so they see exactly what the driver sees: ARCH, CROSS_COMPILE,
# LLVM=1, O=, CONFIG_*; they run in parallel and are run again when kernel,
# compiler or flags change.  The compiler's words on each are kept beside the
# answer, compat/generated/have_foo.log.
#
# Only the answers are included by force.  What to do about them is in the
# shadow headers (compat/include) and in thunks.h.

# "make clean" reads this file too, without any CONFIG_*; do not judge then.
xdf-needs := CONFIG_DRM CONFIG_DRM_KMS_HELPER CONFIG_XEN CONFIG_XEN_XENBUS_FRONTEND
xdf-lacks := $(strip $(foreach opt,$(xdf-needs),$(if $($(opt)),,$(opt))))
ifneq ($(CONFIG_MODULES),)
$(if $(xdf-lacks),$(error xen_drm_front: kernel $(KERNELRELEASE) is built without \
	$(xdf-lacks); build for another kernel (on Debian and Ubuntu the generic one, not the cloud flavour)))
endif

xdf-gen    := $(obj)/compat/generated
xdf-probes := $(patsubst $(src)/compat/probes/%.c,%,$(sort $(wildcard $(src)/compat/probes/*.c)))
xdf-answer := $(xdf-probes:%=$(xdf-gen)/%.h)
xdf-merged := $(xdf-gen)/xdf_answers.h

# Probes must see the pristine kernel, not our shadow headers, and judge by
# what is wrong in C, not by what is untidy.
$(xdf-answer): LINUXINCLUDE := $(LINUXINCLUDE)
$(xdf-answer): private ccflags-y := -Wno-error -Wno-unused -Wno-missing-prototypes \
	-Wno-missing-declarations -Werror=implicit-function-declaration \
	-Werror=incompatible-pointer-types -Werror=int-conversion

LINUXINCLUDE := -I$(src)/compat/include $(LINUXINCLUDE) -include $(xdf-merged)

# A kernel updated or configured anew under the same name is another kernel.
xdf-kernel := $(KERNELRELEASE) $(shell cat $(wildcard $(addprefix $(objtree)/include/, \
	generated/compile.h generated/utsversion.h config/auto.conf) $(objtree)/Module.symvers) /dev/null | cksum)

xdf-symvers := $(wildcard $(objtree)/Module.symvers)
xdf-exports  = $(if $(xdf-symvers),$$(sed -n 's|^/\* exported: \(.*\) \*/$$|\1|p' $<))
xdf-exported = [ -z "$$(for s in $(xdf-exports); do \
		awk -v s="$$s" '$$2 == s { yes = 1 } END { exit !yes }' $(xdf-symvers) || \
			echo "$$s is not exported"; \
	done | tee -a $(@:.h=.log))" ]

quiet_cmd_xdf_probe = PROBE   $*
      cmd_xdf_probe = : "$(xdf-kernel) $(CC_VERSION_TEXT)"; mkdir -p $(@D); \
	macro=XDF_$$(echo $* | tr a-z- A-Z_); \
	case "$(filter $*=%,$(XDF_ANSWERS))" in \
	*=y) echo "answered by XDF_ANSWERS" >$(@:.h=.log) ;; \
	*=n) echo "answered by XDF_ANSWERS" >$(@:.h=.log); false ;; \
	*) $(CC) $(filter-out -Wp$(comma)-M%,$(c_flags)) -fsyntax-only $< >$(@:.h=.log) 2>&1 && $(xdf-exported) ;; \
	esac && echo "\#define $$macro 1" >$@ || echo "/* \#undef $$macro */" >$@

$(xdf-answer): $(xdf-gen)/%.h: $(src)/compat/probes/%.c FORCE
	$(call if_changed,xdf_probe)

# XDF_ANSWERS="have_foo=n have_bar=y" on make's command line: where a probe is
# wrong about a kernel, and for the tests.
xdf-unasked := $(filter-out $(foreach p,$(filter have_%,$(xdf-probes)),$p=y $p=n),$(XDF_ANSWERS))
$(if $(xdf-unasked),$(error xen_drm_front: XDF_ANSWERS="$(xdf-unasked)": not an answer to a question of \
	compat/probes/have_*.c; say have_foo=y or have_foo=n))

# Two canaries guard the rest, one must compile and one must not; then all
# that is needed must be there.  One message for each way to fail, and the
# answers are forgotten: whatever is done about it, the next make asks again.
quiet_cmd_xdf_answers = CONFIG  $(@F)
      cmd_xdf_answers = \
	trap '[ $$? = 0 ] || rm -f $(xdf-answer)' EXIT; \
	if ! grep -q '^\#define XDF_CANARY_GOOD ' $(xdf-gen)/canary_good.h; then \
		head -n 20 $(xdf-gen)/canary_good.log >&2; \
		echo "xen_drm_front: the compiler ($(CC)) cannot compile anything against kernel" \
			"$(KERNELRELEASE); install the compiler this kernel was built with," \
			"or the rest of its headers (see compat/generated/canary_good.log)" >&2; \
		exit 1; \
	fi; \
	if grep -q '^\#define XDF_CANARY_BAD ' $(xdf-gen)/canary_bad.h; then \
		echo "xen_drm_front: the compiler ($(CC)) accepts nonsense, refusing to guess" \
			"what kernel $(KERNELRELEASE) has; use a real compiler" >&2; \
		exit 1; \
	fi; \
	lacks=; \
	for p in $(filter need_%,$(xdf-probes)); do \
		grep -q '^\#define' $(xdf-gen)/$$p.h || \
			lacks="$$lacks$${lacks:+, }$$(sed -n 's|^/\* needed: \(.*\) \*/$$|\1|p' $(src)/compat/probes/$$p.c)"; \
	done; \
	if [ -n "$$lacks" ]; then \
		echo "xen_drm_front: kernel $(KERNELRELEASE) lacks $$lacks;" \
			"build for a kernel that has it: Linux has since 5.10, unless its vendor" \
			"left it out (see compat/generated/need_*.log)" >&2; \
		exit 1; \
	fi; \
	{ echo "/* $(KERNELRELEASE): generated by compat/compat.mk, do not edit */"; \
		cat $(filter %.h,$^); } >$@

$(xdf-merged): $(xdf-answer) FORCE
	$(call if_changed,xdf_answers)

# Every object of the module, and its single-target forms, waits for the answers.
$(foreach s,o i s lst ll,$(addprefix $(obj)/,$(xen_drm_front-y:.o=.$(s)))): $(xdf-merged)

targets += $(patsubst $(obj)/%,%,$(xdf-answer) $(xdf-merged))
clean-files += compat/generated
