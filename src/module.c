// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: module
 *
 * What outlives every device: the workqueue, the count of cards, and parameters that are
 * numbers.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include "xdf_module.h"

/* Work of all devices. */
struct workqueue_struct *xdf_wq;

/* DRM devices that are not gone yet. */
static atomic_t cards = ATOMIC_INIT(0);

static int range_set(const char *text, const struct kernel_param *param)
{
	const struct xdf_range *range = param->arg;
	unsigned int value;

	if (kstrtouint(text, 0, &value) || value < range->min || value > range->max) {
		pr_err("%s: %s=\"%.32s\" refused: a number from %u to %u is wanted\n",
		       KBUILD_MODNAME, param->name, text, range->min, range->max);
		return -EINVAL;
	}
	WRITE_ONCE(*range->value, value);
	return 0;
}

static int range_get(char *text, const struct kernel_param *param)
{
	const struct xdf_range *range = param->arg;

	return scnprintf(text, PAGE_SIZE, "%u\n", READ_ONCE(*range->value));
}

/* For module_param_cb() with a struct xdf_range. */
const struct kernel_param_ops xdf_range_ops = {
	.set = range_set,
	.get = range_get,
};

/**
 * xdf_card_made - there is one more DRM device
 *
 * The module stays until as many are gone. The last user of a device may have given up its
 * module reference first: fbdev does when /dev/fb0 is closed, and a commit never had one.
 */
void xdf_card_made(void)
{
	atomic_inc(&cards);
}

/**
 * xdf_card_gone - a DRM device is gone, but for what DRM itself does to free it
 */
void xdf_card_gone(void)
{
	if (atomic_dec_and_test(&cards))
		wake_up_var(&cards);
}

/**
 * xdf_module_wait_cards - wait until all DRM devices are gone
 *
 * No device is bound any more. The remaining users are about to finish, else the module
 * would be in use.
 */
void xdf_module_wait_cards(void)
{
	wait_var_event(&cards, !atomic_read(&cards));
}

/**
 * xdf_module_init - the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int xdf_module_init(void)
{
	xdf_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND, 0);
	return xdf_wq ? 0 : -ENOMEM;
}

/**
 * xdf_module_exit - the module goes: ends all work
 */
void xdf_module_exit(void)
{
	destroy_workqueue(xdf_wq);
	xdf_wq = NULL;
}
