package org.securemed.fhir.smart;

import org.securemed.fhir.server.TestServer;

/** Access tokens of people for whom another issuer vouches, which is no strong log-in. */
public final class WeakLogIns {
    private WeakLogIns() {}

    /** A token of one of the demonstration's staff. */
    public static String token(TestServer server, String user) {
        return server.bean(TokenMint.class).forPerson(user, "user/*.cruds", LogIn.Method.ISSUER);
    }
}
