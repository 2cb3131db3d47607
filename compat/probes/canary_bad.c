// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Must never compile. */
#include <linux/module.h>
int probe(void);
int probe(void)
{
	return xdf_there_is_no_such_function(1);
}
