/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_LINUX_MM_H
#define XDF_COMPAT_LINUX_MM_H

#include_next <linux/mm.h>

#ifndef XDF_HAVE_VM_FLAGS_MOD
static inline void vm_flags_mod(struct vm_area_struct *vma,
				unsigned long set, unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}

static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vm_flags_mod(vma, flags, 0);
}

static inline void vm_flags_clear(struct vm_area_struct *vma,
				  unsigned long flags)
{
	vm_flags_mod(vma, 0, flags);
}
#endif

#endif /* XDF_COMPAT_LINUX_MM_H */
