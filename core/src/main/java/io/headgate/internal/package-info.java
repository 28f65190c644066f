/** What the packages of this module share and export to nobody. */
@NullMarked
package io.headgate.internal;

import org.jspecify.annotations.NullMarked;
