/** Which clients have which plan, and so which limits: by their addresses. */
@NullMarked
package io.headgate.plan;

import org.jspecify.annotations.NullMarked;
