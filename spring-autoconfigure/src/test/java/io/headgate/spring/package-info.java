@NullMarked
package io.headgate.spring;

import org.jspecify.annotations.NullMarked;
