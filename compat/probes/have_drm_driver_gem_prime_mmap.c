// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v6.6 about: removed, when PRIME became the core's default (6b85aa68d9d5, "drm: Enable PRIME import/export for all drivers") */
#include <drm/drm_drv.h>
#include <drm/drm_prime.h>
extern const struct drm_driver probe;
const struct drm_driver probe = { .gem_prime_mmap = drm_gem_prime_mmap };
