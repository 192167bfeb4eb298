package org.securemed.fhir.smart;

/** Stops the start of a production server that has, or would get, the demo's accounts and clients. */
final class DemoGuard {
    DemoGuard(Accounts accounts, DemoProperties demo, SmartProperties properties, boolean production) {
        if (!production) {
            return;
        }
        if (properties.strongLogIns().contains(LogIn.Method.PASSWORD)) {
            throw new IllegalStateException(
                    "securemed.smart.strong-log-ins: a password is none under the profile production");
        }
        if (demo.enabled()) {
            throw new IllegalStateException("securemed.demo.enabled is refused under the profile production");
        }
        if (accounts.anyDemo()) {
            throw new IllegalStateException("the database holds accounts or clients of the demo; production needs one"
                    + " without (delete from smart.account where demo; delete from smart.oauth2_registered_client"
                    + " where demo)");
        }
    }
}
