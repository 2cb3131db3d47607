// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v6.3: bc292ab00f6c ("mm: introduce vma->vm_flags wrapper functions"); vm_flags is read-only then */
#include <linux/mm.h>
void probe(struct vm_area_struct *vma);
void probe(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_IO);
}
