"""Is a value credible? Rules that flag values as they arrive; nothing is deleted or changed by them."""
