package io.headgate.net;

import java.math.BigInteger;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** Addresses as eight groups, and every way to write them: what the property tests draw from. */
final class Notation {

    private Notation() {}

    /** Eight groups, rich in zeros, in IPv4-mapped addresses and in the special networks. */
    static Arbitrary<int[]> groups() {
        return Arbitraries.randomValue(Notation::randomGroups);
    }

    static int[] randomGroups(Random random) {
        int[] groups = new int[8];
        int zeros = random.nextInt(3);
        for (int i = 0; i < 8; i++) {
            groups[i] = random.nextInt(4) < zeros ? 0 : random.nextInt(0x10000) >>> (4 * random.nextInt(4));
        }
        int[] start = switch (random.nextInt(8)) {
            case 0, 1 -> new int[] {0, 0, 0, 0, 0, 0xFFFF};
            case 2 -> new int[] {0x64, 0xFF9B, 0, 0, 0, 0};
            case 3 -> new int[] {0x2002};
            case 4 -> new int[] {0, 0, 0, 0, 0, 0};
            default -> new int[0];
        };
        System.arraycopy(start, 0, groups, 0, start.length);
        return groups;
    }

    /** One of the ways in which RFC 4291 allows the groups to be written; for IPv4 also four octets. */
    static String write(int[] groups, Random random) {
        if (isMapped(groups) && random.nextBoolean()) {
            return dotted(groups);
        }
        boolean dottedTail = random.nextInt(3) == 0;
        int count = dottedTail ? 6 : 8;
        int gapStart = -1;
        int gapEnd = -1;
        int at = random.nextInt(count);
        if (groups[at] == 0 && random.nextInt(4) > 0) {
            gapStart = at;
            gapEnd = at + 1;
            while (gapEnd < count && groups[gapEnd] == 0 && random.nextInt(8) > 0) {
                gapEnd++;
            }
            while (gapStart > 0 && groups[gapStart - 1] == 0 && random.nextInt(8) > 0) {
                gapStart--;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            if (i == gapStart) {
                text.append("::");
                i = gapEnd - 1;
            } else {
                separate(text);
                String group = Integer.toHexString(groups[i]);
                text.append("0".repeat(random.nextInt(5 - group.length())));
                group.chars().forEach(c -> text.append((char) (random.nextBoolean() && c >= 'a' ? c - 32 : c)));
            }
        }
        if (dottedTail) {
            separate(text);
            text.append(dotted(groups));
        }
        return text.toString();
    }

    private static void separate(StringBuilder text) {
        if (text.length() > 0 && text.charAt(text.length() - 1) != ':') {
            text.append(':');
        }
    }

    static boolean isMapped(int[] groups) {
        return (groups[0] | groups[1] | groups[2] | groups[3] | groups[4]) == 0 && groups[5] == 0xFFFF;
    }

    private static String dotted(int[] groups) {
        return (groups[6] >>> 8) + "." + (groups[6] & 0xFF) + "." + (groups[7] >>> 8) + "." + (groups[7] & 0xFF);
    }

    static byte[] bytes(int[] groups) {
        byte[] bytes = new byte[16];
        for (int i = 0; i < 8; i++) {
            bytes[2 * i] = (byte) (groups[i] >>> 8);
            bytes[2 * i + 1] = (byte) groups[i];
        }
        return bytes;
    }

    static BigInteger number(int[] groups) {
        return new BigInteger(1, bytes(groups));
    }

    static BigInteger number(ClientAddress address) {
        BigInteger high = new BigInteger(Long.toUnsignedString(address.highBits()));
        return high.shiftLeft(64).add(new BigInteger(Long.toUnsignedString(address.lowBits())));
    }

    /** The text after a few small accidents: most results are no address, many are nearly one, some are another. */
    static String mutate(String text, Random random) {
        String alphabet = ".:0123456789afAFgGx@`%[]/ -_\u0661\uff11";
        StringBuilder mutated = new StringBuilder(text);
        for (int n = random.nextInt(4); n > 0; n--) {
            char c = alphabet.charAt(random.nextInt(alphabet.length()));
            int at = random.nextInt(mutated.length() + 1);
            int kind = random.nextInt(4);
            if (kind == 0 || at == mutated.length()) {
                mutated.insert(at, c);
            } else if (kind == 1) {
                mutated.setCharAt(at, c);
            } else if (kind == 2) {
                mutated.deleteCharAt(at);
            } else {
                mutated.insert(at, mutated.charAt(at));
            }
        }
        return mutated.toString();
    }
}
