/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_MODULE_H
#define XDF_MODULE_H

#include <linux/moduleparam.h>

struct workqueue_struct;

/**
 * struct xdf_range - a parameter that is a number
 * @value: where it is kept
 * @min: smallest value
 * @max: largest value
 */
struct xdf_range {
	unsigned int *value;
	unsigned int min;
	unsigned int max;
};

extern struct workqueue_struct *xdf_wq;
extern const struct kernel_param_ops xdf_range_ops;

void xdf_card_made(void);
void xdf_card_gone(void);
void xdf_module_wait_cards(void);
int xdf_module_init(void);
void xdf_module_exit(void);

#endif
