@NullMarked
package io.headgate.plan;

import org.jspecify.annotations.NullMarked;
