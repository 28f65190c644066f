package io.headgate.plan;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How it stands with a file of ranges.
 *
 * @param plan the plan that its ranges have
 * @param file where it is
 * @param ranges how many ranges of it are in use, at least 1; a range that is in it twice counts twice
 * @param fault why its present content is not in use; empty if it is, or if it was not seen to be another
 * @param failures how many polls found a fault
 * @param age the time since the ranges in use were last seen in the file, or since they were taken
 */
public record RangesFileStatus(
        String plan, Path file, int ranges, Optional<String> fault, long failures, Duration age) {

    /**
     * Whether the content of the file is in use.
     *
     * @return false if there is a fault
     */
    public boolean healthy() {
        return fault.isEmpty();
    }
}
