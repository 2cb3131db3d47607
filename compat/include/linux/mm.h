/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_LINUX_MM_H
#define XDF_COMPAT_LINUX_MM_H

#include_next <linux/mm.h>

#ifndef XDF_HAVE_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}
#endif

#endif /* XDF_COMPAT_LINUX_MM_H */
