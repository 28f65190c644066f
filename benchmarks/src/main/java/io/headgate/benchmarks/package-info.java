/** Benchmarks, with the peers beside us in the same run. */
package io.headgate.benchmarks;
