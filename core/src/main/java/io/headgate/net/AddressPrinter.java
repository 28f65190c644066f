package io.headgate.net;

/** Writes the one canonical text of an address: dotted decimal for IPv4, RFC 5952 for IPv6. */
final class AddressPrinter {

    private static final int GROUPS = 8;

    private AddressPrinter() {}

    static String ipv4(int bits) {
        return (bits >>> 24) + "." + ((bits >>> 16) & 0xFF) + "." + ((bits >>> 8) & 0xFF) + "." + (bits & 0xFF);
    }

    /** Lower-case groups without leading zeros; the longest run of two or more zero groups, the first of equals, is "::". */
    static String ipv6(long high, long low) {
        int runStart = -1;
        int runEnd = -1;
        for (int i = 0; i < GROUPS; i++) {
            int end = i;
            while (end < GROUPS && group(high, low, end) == 0) {
                end++;
            }
            if (end - i >= 2 && end - i > runEnd - runStart) {
                runStart = i;
                runEnd = end;
            }
            i = Math.max(i, end - 1);
        }
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < GROUPS; i++) {
            if (i == runStart) {
                text.append("::");
                i = runEnd - 1;
            } else {
                if (i != 0 && i != runEnd) {
                    text.append(':');
                }
                appendHex(text, group(high, low, i));
            }
        }
        return text.toString();
    }

    private static int group(long high, long low, int index) {
        return (int) ((index < 4 ? high : low) >>> (48 - 16 * (index & 3))) & 0xFFFF;
    }

    private static void appendHex(StringBuilder text, int group) {
        boolean leading = true;
        for (int shift = 12; shift >= 0; shift -= 4) {
            int digit = (group >>> shift) & 0xF;
            leading &= digit == 0 && shift != 0;
            if (!leading) {
                text.append(Character.forDigit(digit, 16));
            }
        }
    }
}
