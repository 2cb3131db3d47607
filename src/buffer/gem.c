// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: gem
 *
 * GEM objects. Their pages are ordinary, cached memory, as the Xen ABI wants
 * shared pages to be; they need no backend and no link, so a mapping of them
 * stays good whatever happens on the other side.
 */
#include <linux/dma-buf.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <linux/iosys-map.h>

#include <drm/drm_gem.h>
#include <drm/drm_mode.h>
#include <drm/drm_prime.h>
#include <drm/drm_print.h>

#include "thunks.h"
#include "xdf_buffer.h"
#include "xdf_kms.h"

static bool contiguous;
module_param(contiguous, bool, 0644);
MODULE_PARM_DESC(contiguous,
		 "Take each buffer in one piece, for importers without an IOMMU (default: n)");

/**
 * xdf_gem_contiguous - which memory do new buffers come from?
 *
 * Return: true for one piece, false for single pages.
 */
bool xdf_gem_contiguous(void)
{
	return READ_ONCE(contiguous);
}

static void xdf_gem_free(struct drm_gem_object *obj)
{
	struct xdf_gem *gem = to_xdf_gem(obj);

	xdf_dbuf_put(gem->dbuf);
	drm_gem_object_release(obj);
	vunmap(gem->vaddr);
	xdf_pages_put(gem->pages);
	mutex_destroy(&gem->vmap_lock);
	kfree(gem);
}

/* Others may draw into it from now on, and have us wait, even without mapping it. */
static struct dma_buf *xdf_gem_export(struct drm_gem_object *obj, int flags)
{
	WRITE_ONCE(to_xdf_gem(obj)->shared, true);
	return drm_gem_prime_export(obj, flags);
}

static struct sg_table *xdf_gem_get_sg_table(struct drm_gem_object *obj)
{
	return xdf_pages_sg_table(to_xdf_gem(obj)->pages, obj->size >> PAGE_SHIFT, obj->dev);
}

static int xdf_gem_vmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	struct xdf_gem *gem = to_xdf_gem(obj);
	int ret = 0;

	mutex_lock(&gem->vmap_lock);
	if (!gem->vmap_count)
		gem->vaddr = vmap(gem->pages->page, gem->pages->count, VM_MAP, PAGE_KERNEL);
	if (gem->vaddr) {
		gem->vmap_count++;
		iosys_map_set_vaddr(map, gem->vaddr);
	} else {
		ret = -ENOMEM;
	}
	mutex_unlock(&gem->vmap_lock);
	return ret;
}
XDF_DEFINE_GEM_VMAP(xdf_gem_vmap)

static void xdf_gem_vunmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	struct xdf_gem *gem = to_xdf_gem(obj);

	mutex_lock(&gem->vmap_lock);
	if (!--gem->vmap_count) {
		vunmap(gem->vaddr);
		gem->vaddr = NULL;
	}
	mutex_unlock(&gem->vmap_lock);
}
XDF_DEFINE_GEM_VUNMAP(xdf_gem_vunmap)

/* Single pages: all that are missing up to the end of the page table, in one go. */
static vm_fault_t fault_pages(struct vm_area_struct *vma, unsigned long addr, struct page **page,
			      unsigned long count)
{
	int ret = vm_insert_pages(vma, addr, page, &count);

	/* Another thread was faster with the first page, or with one behind it. */
	if (!ret || ret == -EBUSY)
		return VM_FAULT_NOPAGE;
	return ret == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

/* The pages of one block have no counters of their own. */
static vm_fault_t fault_block(struct vm_area_struct *vma, unsigned long addr, struct page *page,
			      unsigned long count)
{
	vm_fault_t ret = vmf_insert_pfn(vma, addr, page_to_pfn(page));

	while (ret == VM_FAULT_NOPAGE && --count) {
		addr += PAGE_SIZE;
		if (vmf_insert_pfn(vma, addr, page_to_pfn(++page)) != VM_FAULT_NOPAGE)
			break;
	}
	return ret;
}

/*
 * No drm_dev_enter() here: the memory outlives the device's unplugging, so a
 * client that still draws gets no SIGBUS, it just draws in vain.
 */
static vm_fault_t xdf_gem_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct xdf_pages *pages = to_xdf_gem(vma->vm_private_data)->pages;
	unsigned long addr = vmf->address & PAGE_MASK;
	/* Most clients draw all of it: what one page table holds is mapped at once. */
	unsigned long end = min(vma->vm_end, ALIGN(addr + 1, PMD_SIZE));
	unsigned long count;

	if (vmf->pgoff >= pages->count)
		return VM_FAULT_SIGBUS;
	count = min((end - addr) >> PAGE_SHIFT, pages->count - vmf->pgoff);
	if (pages->kind == XDF_SYSTEM)
		return fault_pages(vma, addr, pages->page + vmf->pgoff, count);
	return fault_block(vma, addr, pages->page[vmf->pgoff], count);
}

static const struct vm_operations_struct xdf_gem_vm_ops = {
	.fault = xdf_gem_fault,
	.open = drm_gem_vm_open,
	.close = drm_gem_vm_close,
};

static int xdf_gem_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	const struct xdf_pages *pages = to_xdf_gem(obj)->pages;

	/* The exporter alone knows how its memory is to be mapped. */
	if (pages->kind == XDF_IMPORTED)
		return -EINVAL;
	/* A private, writable mapping would be a copy that is never shown. */
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE)
		return -EINVAL;

	/*
	 * The fake offset only names the object, and a mapping of its dma-buf may
	 * be older than the offset.
	 */
	vma->vm_pgoff -= drm_vma_node_start(&obj->vma_node);
	vm_flags_set(vma, (pages->kind == XDF_SYSTEM ? VM_MIXEDMAP : VM_PFNMAP | VM_IO) |
			  VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	vma->vm_ops = &xdf_gem_vm_ops;
	return 0;
}

static const struct drm_gem_object_funcs xdf_gem_funcs = {
	.free = xdf_gem_free,
	.export = xdf_gem_export,
	.get_sg_table = xdf_gem_get_sg_table,
	.vmap = XDF_GEM_VMAP(xdf_gem_vmap),
	.vunmap = XDF_GEM_VUNMAP(xdf_gem_vunmap),
	.mmap = xdf_gem_mmap,
	.vm_ops = &xdf_gem_vm_ops,
};

static void gem_init(struct xdf_gem *gem, struct drm_device *drm, struct xdf_pages *pages,
		     size_t size)
{
	gem->pages = pages;
	mutex_init(&gem->vmap_lock);
	gem->base.funcs = &xdf_gem_funcs;
	drm_gem_private_object_init(drm, &gem->base, size);
}

/* An object on memory, whose reference it takes over, even on an error. */
static struct xdf_gem *gem_create(struct drm_device *drm, struct xdf_pages *pages, size_t size)
{
	struct xdf_gem *gem;

	if (IS_ERR(pages))
		return ERR_CAST(pages);
	gem = kzalloc(sizeof(*gem), GFP_KERNEL);
	if (!gem) {
		xdf_pages_put(pages);
		return ERR_PTR(-ENOMEM);
	}
	gem_init(gem, drm, pages, size);
	return gem;
}

/* Memory of the kind that was asked for when the module was loaded. */
static struct xdf_pages *gem_pages(struct drm_device *drm, size_t size)
{
	struct xdf_pages *pages;

	if (!xdf_gem_contiguous())
		return xdf_pages_alloc(size >> PAGE_SHIFT, __GFP_HIGHMEM);
	pages = xdf_pages_alloc_contiguous(drm->dev, size >> PAGE_SHIFT);
	if (IS_ERR(pages))
		dev_warn_ratelimited(drm->dev,
				     "no %zu KiB of memory in one piece: boot with cma=SIZE if the kernel has CMA, or load without contiguous=1\n",
				     size >> 10);
	return pages;
}

/**
 * xdf_gem_import - drm_driver.gem_prime_import_sg_table
 * @drm: the device
 * @attach: our attachment to another driver's dma-buf
 * @sgt: its mapping
 *
 * The memory, not the object, owns both from here on: a backend may map it for
 * longer than the object lives.
 *
 * Return: the object, or an ERR_PTR as of xdf_pages_import().
 */
struct drm_gem_object *xdf_gem_import(struct drm_device *drm, struct dma_buf_attachment *attach,
				      struct sg_table *sgt)
{
	size_t size = attach->dmabuf->size;
	struct xdf_pages *pages;
	struct xdf_gem *gem;

	if (!PAGE_ALIGNED(size))
		return ERR_PTR(-EINVAL);
	gem = kzalloc(sizeof(*gem), GFP_KERNEL);
	if (!gem)
		return ERR_PTR(-ENOMEM);
	pages = xdf_pages_import(attach, sgt);
	if (!IS_ERR(pages) && ((size_t)pages->count << PAGE_SHIFT) < pages->offset + size) {
		/* More is claimed than there is: take only what there is. */
		size = pages->offset ? (size_t)(pages->count - 1) << PAGE_SHIFT :
				       (size_t)pages->count << PAGE_SHIFT;
	}
	if (IS_ERR(pages)) {
		drm_dbg_prime(drm, "cannot share a dma-buf of %zu bytes with the backend: %ld\n",
			      size, PTR_ERR(pages));
		kfree(gem);
		return ERR_CAST(pages);
	}
	gem_init(gem, drm, pages, size);
	return &gem->base;
}

/**
 * xdf_gem_dumb_create - DRM_IOCTL_MODE_CREATE_DUMB
 * @file: the client
 * @drm: the device
 * @args: width, height and bpp in; handle, pitch and size out
 *
 * The pitch is what the backend will take it for, see xdf_pitch(). The buffer
 * is not granted before a framebuffer is made of it.
 *
 * Return: 0, -EINVAL for bits a pixel that are not 8, 16, 24 or 32 or a size
 * that is none, -ENOSPC for more than the grant table could ever hold, -ENOMEM,
 * -EINTR.
 */
int xdf_gem_dumb_create(struct drm_file *file, struct drm_device *drm,
			struct drm_mode_create_dumb *args)
{
	u64 pitch = xdf_pitch(args->width, args->bpp);
	struct xdf_pages *pages;
	struct xdf_gem *gem;
	u64 size, slack = 0;
	int ret;

	if (args->flags || !args->width || !args->height)
		return -EINVAL;
	if (args->bpp != 8 && args->bpp != 16 && args->bpp != 24 && args->bpp != 32)
		return -EINVAL;
	/* Neither factor has more than 35 bits, but their product may. */
	if (pitch > U32_MAX)
		return -EINVAL;
	size = pitch * args->height;
	/* The protocol's size has 32 bits. */
	if (size > min_t(u64, (u64)xdf_grants_limit() * XDF_GRANT_SIZE, U32_MAX - PAGE_SIZE)) {
		drm_dbg_kms(drm, "%ux%u at %u bits does not fit the grant table\n",
			    args->width, args->height, args->bpp);
		return -ENOSPC;
	}
	size = PAGE_ALIGN(size);

	/*
	 * A view of the right half of a framebuffer ends half a line behind it, as
	 * the backend counts: one more line makes room for that.
	 */
	if (to_xdf(drm)->num_pipes > 1)
		slack = PAGE_ALIGN(pitch);
	pages = gem_pages(drm, size + slack);
	if (pages == ERR_PTR(-ENOMEM)) {
		xdf_reap_wait(to_xdf(drm));
		pages = gem_pages(drm, size + slack);
	}
	gem = gem_create(drm, pages, size);
	if (IS_ERR(gem))
		return PTR_ERR(gem);
	gem->width = args->width;
	gem->height = args->height;
	gem->bpp = args->bpp;

	ret = drm_gem_handle_create(file, &gem->base, &args->handle);
	if (!ret) {
		args->pitch = pitch;
		args->size = size;
	}
	drm_gem_object_put(&gem->base);
	return ret;
}
