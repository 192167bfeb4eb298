package org.securemed.fhir.smart;

import org.springframework.security.web.firewall.StrictHttpFirewall;

/**
 * Spring Security's firewall with the rule for header values that it has anyway (assigned characters, no control
 * characters but the tab), tested without a regular expression: every header of every request passes here, often twice.
 */
final class PrintableHeaders {
    private PrintableHeaders() {}

    static StrictHttpFirewall firewall() {
        StrictHttpFirewall firewall = new StrictHttpFirewall();
        firewall.setAllowedHeaderNames(name -> isPrintable(name, false));
        firewall.setAllowedHeaderValues(value -> isPrintable(value, true));
        return firewall;
    }

    private static boolean isPrintable(String text, boolean tab) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x20 && c < 0x7f) {
                continue;
            }
            int point = text.codePointAt(i);
            if (c != '\t' || !tab) {
                if (Character.getType(point) == Character.CONTROL || !Character.isDefined(point)) {
                    return false;
                }
            }
            i += Character.charCount(point) - 1;
        }
        return true;
    }
}
