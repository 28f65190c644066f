/** What docs/coming-from.md and docs/recipes.md show: each example there is a method here, which a test runs. */
@NullMarked
package io.headgate.examples.recipes;

import org.jspecify.annotations.NullMarked;
