/** What several packages of this module need and nobody else does. */
@org.jspecify.annotations.NullMarked
package io.headgate.internal;
