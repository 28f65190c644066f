package io.headgate.containers;

/** The whole suite. A test class implements it and says which container it is about. */
public interface Conformance
        extends FieldContract,
                RefusalContract,
                DrainContract,
                DispatchContract,
                ChargeOnContract,
                LoginContract,
                ResetContract,
                RuleContract,
                SpellingContract,
                ProxyContract,
                ConfigurationContract,
                KeyContract,
                ConditionContract,
                StageContract,
                EvictContract {}
