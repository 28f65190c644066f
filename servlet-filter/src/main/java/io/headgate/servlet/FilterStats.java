package io.headgate.servlet;

/**
 * What a filter has done since it was made. A request counts in one of the first six, or in {@code failed}. The counts
 * are read one after another, so a snapshot taken under load may be a few requests apart within itself.
 *
 * @param allowed requests for which permits were taken, or that an overflow rule let pass
 * @param denied requests refused with status 429
 * @param dryRunDenied requests that would have been refused, were it not for a dry run
 * @param exempt requests from an exempt address
 * @param uncharged requests that no limit applied to: an unlimited rule, a cost of 0, a pre-flight
 * @param unaddressed requests that passed because they had no address ({@link NoAddress#ALLOW})
 * @param failed failures of the limiter, the resolver or a function of yours, whatever then became of the request
 * @param refunded requests whose permits were given back because of {@link ChargeOn}; counted as allowed as well
 */
public record FilterStats(
        long allowed,
        long denied,
        long dryRunDenied,
        long exempt,
        long uncharged,
        long unaddressed,
        long failed,
        long refunded) {}
