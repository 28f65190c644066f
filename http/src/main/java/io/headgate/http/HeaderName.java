package io.headgate.http;

import java.util.regex.Pattern;

/** What may be the name of a header: a token of RFC 9110, section 5.6.2. */
final class HeaderName {

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private HeaderName() {}

    static String require(String name) {
        if (!TOKEN.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "\"" + name + "\" is not the name of a header; the form is a token such as CF-Connecting-IP");
        }
        return name;
    }
}
