package io.headgate.http;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Some responses, by their status and, if they redirect, by where they lead.
 *
 * @param lowest the lowest status
 * @param highest the highest status
 * @param targets where they lead; empty if that does not matter
 * @param elsewhere whether they lead anywhere but there
 */
record ResponsePattern(int lowest, int highest, List<RedirectTarget> targets, boolean elsewhere) {

    static final String FORM =
            "responses separated by commas, such as 401, 403: each a status, 100 to 599, a class of them such"
                    + " as 4xx, or a redirect by where it leads, such as 302 to /login?error or 302 not to / or /home";

    private static final Pattern PATTERN =
            Pattern.compile("(?<status>[1-5](?:[0-9][0-9]|xx))(?:\\s+(?<not>not\\s+)?to\\s+(?<targets>\\S.*))?");

    static ResponsePattern parse(String text) {
        Matcher parts = PATTERN.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is not a response to charge on; statuses are 100 to 599");
        }
        String status = parts.group("status");
        String targets = parts.group("targets");
        if (targets != null && !status.startsWith("3")) {
            throw new IllegalArgumentException("\"" + text + "\": only a redirect, 300 to 399, leads anywhere");
        }
        return new ResponsePattern(
                Integer.parseInt(status.replace('x', '0')),
                Integer.parseInt(status.replace('x', '9')),
                targets == null
                        ? List.of()
                        : Arrays.stream(targets.split("\\s+or\\s+", -1))
                                .map(RedirectTarget::parse)
                                .toList(),
                parts.group("not") != null);
    }

    /** Whether two patterns say of one status where it must not lead: each is then charged for the places of the other. */
    boolean excludesOthersThan(ResponsePattern other) {
        return elsewhere && other.elsewhere && lowest <= other.highest && other.lowest <= highest;
    }

    /** Whether it is for a response. A redirect that leads nowhere, or cannot be read, is one of these: in doubt the charge stays. */
    boolean matches(@Nullable HttpRequest request, HttpResponse response, int status) {
        if (status < lowest || status > highest) {
            return false;
        }
        String location = targets.isEmpty() ? null : response.header("Location");
        if (location == null) {
            return true;
        }
        try {
            return RedirectTarget.readings(location, request).stream()
                    .anyMatch(place -> targets.stream().anyMatch(target -> target.isReachedBy(place)) != elsewhere);
        } catch (IllegalArgumentException unreadable) {
            return true;
        }
    }
}
