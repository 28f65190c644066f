/** Coverage-guided fuzzing of everything that reads text from outside. */
@NullMarked
package io.headgate.fuzz;

import org.jspecify.annotations.NullMarked;
